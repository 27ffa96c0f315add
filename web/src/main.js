/* SPDX-License-Identifier: MIT */
// The page is complete without this: it adds filters, themes, interactive charts and downloads.
import * as vega from 'vega';
import { compile } from 'vega-lite';
import { specOf } from './spec.js';
import { csvOf, download } from './export.js';

const data = JSON.parse(document.getElementById('data').textContent);
const charts = new Map(data.charts.map((chart) => [chart.id, chart]));
const shown = new Map(); // figure -> Vega view, for those that are drawn
const visible = new Set(); // figures on the screen; only these are drawn, and again after a change
const hidden = { vpn: new Set(), profile: new Set(), workload: new Set() };

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
// The key of a VPN is its folder in the tree; charts show titles, of which no two are the same.
const titleOf = (vpn) => data.titles[vpn] ?? vpn;
const titles = data.vpns.map(titleOf);
const colourOf = (title) => style(`--c${Math.max(0, titles.indexOf(title)) % 12}`);
const theme = () => ({
  ink: style('--ink'), soft: style('--soft'), rule: style('--rule'), sheet: style('--sheet'),
  heat: style('--heat'), onHeat: style('--on-heat'), sans: style('--sans'), colourOf,
});

// What the filters leave of a chart; nothing at all is a valid answer.
const left = (chart) => ({
  ...chart,
  vpns: chart.vpns.filter((vpn) => !hidden.vpn.has(vpn)),
  panels: chart.panels.filter((panel) => !hidden.profile.has(panel)),
  points: chart.points.filter((p) => !hidden.vpn.has(p.vpn) && !hidden.profile.has(p.panel)),
});

const titled = (chart) => ({
  ...chart,
  vpns: chart.vpns.map(titleOf),
  untried: chart.untried.map(([vpn, panel]) => [titleOf(vpn), panel]),
  points: chart.points.map((p) => ({ ...p, vpn: titleOf(p.vpn) })),
});

async function draw(figure) {
  const chart = titled(left(charts.get(figure.dataset.chart)));
  const drawing = figure.querySelector('.drawing');
  const width = Math.max(280, Math.min(drawing.clientWidth, 1180));

  shown.get(figure)?.finalize();
  if (!chart.points.length) {
    shown.delete(figure);
    drawing.textContent = 'Nothing is left by the filters.';
    return;
  }
  const view = new vega.View(vega.parse(compile(specOf(chart, width, theme())).spec), {
    renderer: 'svg', hover: true,
  });
  const place = document.createElement('div');
  await view.initialize(place).runAsync();
  const svg = place.querySelector('svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${chart.title}. The values are in the table below.`);
  drawing.replaceChildren(place);
  shown.set(figure, view);
}

function addActions(figure) {
  const chart = charts.get(figure.dataset.chart);
  const actions = document.createElement('div');
  const add = (text, run) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.setAttribute('aria-label', `${text} of ${chart.title}`);
    button.addEventListener('click', run);
    actions.append(button);
  };

  actions.className = 'actions';
  add('SVG', async () => {
    if (!shown.has(figure)) await draw(figure);
    download(`${chart.id}.svg`, new Blob([await shown.get(figure).toSVG()], { type: 'image/svg+xml' }));
  });
  add('PNG', async () => {
    if (!shown.has(figure)) await draw(figure);
    const canvas = await shown.get(figure).toCanvas(2);
    canvas.toBlob((blob) => download(`${chart.id}.png`, blob));
  });
  add('CSV', () => download(`${chart.id}.csv`, new Blob([csvOf(left(chart))], { type: 'text/csv' })));
  figure.append(actions);
}

function applyFilters() {
  for (const element of document.querySelectorAll('main [data-vpn], main [data-profile]')) {
    element.hidden = hidden.vpn.has(element.dataset.vpn) || hidden.profile.has(element.dataset.profile);
  }
  for (const figure of document.querySelectorAll('figure[data-workload]')) {
    figure.hidden = hidden.workload.has(figure.dataset.workload);
  }
  redraw();
}

// Those that are not on the screen are drawn again when they come there.
function redraw() {
  for (const [figure, view] of shown) {
    if (visible.has(figure)) continue;
    view.finalize();
    shown.delete(figure);
  }
  for (const figure of visible) if (!figure.hidden) draw(figure);
}

// A click shows one alone, the next one all again; with shift it adds or takes away. Keys add and take away, too.
function choose(form, input, adds) {
  const all = [...form.querySelectorAll(`input[data-filter="${input.dataset.filter}"]`)];
  const isAlone = all.every((each) => each.checked === (each === input));

  for (const each of all) {
    if (!adds) each.checked = isAlone || each === input;
    else if (each === input) each.checked = !each.checked;
  }
  hidden[input.dataset.filter] = new Set(all.filter((each) => !each.checked).map((each) => each.value));
  applyFilters();
}

function startFilters() {
  const form = document.getElementById('filters');

  form.addEventListener('change', ({ target }) => {
    const set = hidden[target.dataset.filter];
    if (target.checked) set.delete(target.value);
    else set.add(target.value);
    applyFilters();
  });
  form.addEventListener('click', (event) => {
    const input = event.target.closest('label')?.querySelector('input');
    if (!input || event.target === input) return;
    event.preventDefault();
    choose(form, input, event.shiftKey);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  document.getElementById('theme').addEventListener('click', () => {
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const now = document.documentElement.dataset.theme ?? (isDark ? 'dark' : 'light');
    document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
    redraw();
  });
  form.hidden = false;
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
  for (const heading of document.querySelectorAll('thead th')) {
    heading.tabIndex = 0;
    heading.addEventListener('click', () => sortBy(heading));
    heading.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      sortBy(heading);
    });
  }
}

// A link to samples opens the part that holds them.
function openTarget() {
  const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target?.scrollIntoView();
}

// What is not yet drawn is there as a picture.
function startCharts() {
  const figures = [...document.querySelectorAll('figure[data-chart]')].filter((f) => charts.has(f.dataset.chart));
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) visible.add(target);
      else visible.delete(target);
      if (isIntersecting && !shown.has(target)) draw(target);
    }
  }, { rootMargin: '200px' });

  for (const figure of figures) {
    addActions(figure);
    watcher.observe(figure);
  }
}

startFilters();
startSorting();
startCharts();
addEventListener('hashchange', openTarget);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
openTarget();
