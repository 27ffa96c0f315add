/* SPDX-License-Identifier: MIT */
// Tables and lists that are made when they open, from the JSON in their place (page_sheet.c). All of it becomes text, none of it markup.

const element = (name, attributes, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

// Links lead into the page or to a file below it; what claims to be another scheme stays a text.
const isPlace = (href) => href.startsWith('#') || !/^[^/]*:/.test(href);

function partOf(part) {
  if (typeof part === 'string') return part;
  const [text, href, className, title] = part;
  const inner = href && isPlace(href) ? element('a', { href, class: !href.startsWith('#') && 'file' }, text) : text;
  return className ? element('span', { class: className, title, role: title && 'img', 'aria-label': title }, inner) : inner;
}

const rowOf = (name, [vpn, profile], cells) => element(name, { 'data-vpn': vpn, 'data-profile': profile }, ...cells);

function listOf({ rows }) {
  return element('ul', {}, ...rows.map((row) => rowOf('li', row, row[2].map(partOf))));
}

function tableOf({ head, rows, class: className }) {
  const classes = head.map(([, isNumber]) => isNumber && 'n');
  const headings = head.map(([text, , title], i) => element('th', { class: classes[i], title, tabindex: '0' }, text));
  const cellsOf = (row) => row.slice(2).map((parts, i) => element('td', { class: classes[i] }, ...parts.map(partOf)));
  const table = element('table', { class: className }, element('thead', {}, element('tr', {}, ...headings)),
    element('tbody', {}, ...rows.map((row) => rowOf('tr', row, cellsOf(row)))));

  return element('div', { class: 'scroll' }, table);
}

function make(sheet) {
  const data = JSON.parse(sheet.firstElementChild.textContent);

  sheet.previousElementSibling.remove(); // the same for readers without a script
  sheet.replaceWith(data.head.length ? tableOf(data) : listOf(data));
}

// What opens with these details, and not with others within them.
export function makeOpened(details) {
  for (const sheet of details.querySelectorAll('.sheet')) if (sheet.closest('details') === details) make(sheet);
}

const near = () => document.querySelectorAll('.sheet[data-when="near"]');

export function startSheets() {
  document.addEventListener('toggle', ({ target }) => target.open && makeOpened(target), true);
  document.querySelectorAll('details[open]').forEach(makeOpened);
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      if (target.isConnected) make(target);
    }
  }, { rootMargin: '300px' });
  near().forEach((sheet) => watcher.observe(sheet));
  addEventListener('beforeprint', () => near().forEach(make));
}
