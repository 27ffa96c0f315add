/* SPDX-License-Identifier: MIT */
// The page is complete without this: it adds filters, themes, interactive charts and downloads, and makes what opens only then.
import { drawSoon, startCharts } from './charts.js';
import { startFilters } from './filters.js';
import { makeOpened, startSheets } from './sheets.js';

function startTheme() {
  document.getElementById('theme').addEventListener('click', () => {
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const now = document.documentElement.dataset.theme ?? (isDark ? 'dark' : 'light');
    document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
    drawSoon();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawSoon);
}

// A heading of a table sorts by its column; numbers by value, texts by letter, what is absent last.
function sortBy(heading) {
  const body = heading.closest('table').tBodies[0];
  const column = heading.cellIndex;
  const direction = heading.getAttribute('aria-sort') === 'descending' ? 1 : -1;
  const key = (row) => row.cells[column].textContent.trim();
  const compare = (a, b) => {
    const [x, y] = [parseFloat(key(a)), parseFloat(key(b))];
    if (!Number.isNaN(x) && !Number.isNaN(y)) return direction * (x - y);
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return direction * key(a).localeCompare(key(b));
  };

  for (const other of heading.parentElement.cells) other.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', direction < 0 ? 'descending' : 'ascending');
  body.append(...[...body.rows].sort(compare));
}

function startSorting() {
  for (const heading of document.querySelectorAll('main thead th')) heading.tabIndex = 0;
  document.addEventListener('click', ({ target }) => {
    const heading = target.closest('main thead th');
    if (heading && !target.closest('a')) sortBy(heading);
  });
  document.addEventListener('keydown', (event) => {
    if (!event.target.matches?.('main thead th') || (event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    sortBy(event.target);
  });
}

// A link to what is within something closed opens it.
function openTarget() {
  const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  for (let at = target; at; at = at.parentElement) {
    if (at.tagName !== 'DETAILS') continue;
    at.open = true;
    makeOpened(at);
  }
  target?.scrollIntoView();
}

// Nothing that a link leads to is hidden under the head, whose height depends on how many filters there are.
function startHead() {
  const head = document.querySelector('header');
  new ResizeObserver(() => { document.documentElement.style.scrollPaddingTop = `${head.offsetHeight + 8}px`; }).observe(head);
}

startSheets();
startHead();
startFilters(drawSoon);
startTheme();
startSorting();
startCharts();
addEventListener('hashchange', openTarget);
openTarget();
