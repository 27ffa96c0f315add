/* SPDX-License-Identifier: MIT */
// The charts of the page: those on the screen are drawn, and again when what they show has changed.
import * as vega from 'vega';
import { compile } from 'vega-lite';
import { byValue, specOf } from './spec.js';
import { csvOf, download } from './export.js';
import { hidden } from './filters.js';

// More VPNs than a reader can tell apart are drawn on demand only.
const MOST = { bars: 30, heat: 30, lines: 12, scatter: Infinity };

const data = JSON.parse(document.getElementById('data').textContent);
const charts = new Map(data.charts.map((chart) => [chart.id, chart]));
const drawn = new Map(); // figure -> its Vega view and the key of what it shows
const visible = new Set(); // figures on the screen
const whole = new Set(); // figures whose reader wants to see everybody
let isDrawing = false;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
// The key of a VPN is its folder in the tree; charts show titles, of which no two are the same.
const titleOf = (vpn) => data.titles[vpn] ?? vpn;
const colours = new Map(data.vpns.map((vpn) => [titleOf(vpn), `--c${data.colours[vpn]}`]));
const theme = () => {
  const values = new Map();
  const read = (name) => values.get(name) ?? values.set(name, style(name)).get(name);
  return {
    ink: read('--ink'), soft: read('--soft'), rule: read('--rule'), sheet: read('--sheet'),
    heat: read('--heat'), onHeat: read('--on-heat'), sans: read('--sans'),
    colourOf: (title) => read(colours.get(title) ?? '--c0'),
  };
};

// What the filters leave of a chart; nothing at all is a valid answer. `pairs` names for each VPN of a second tree its twin in the first.
const left = (chart) => ({
  ...chart,
  pairs: data.pairs,
  vpns: chart.vpns.filter((vpn) => !hidden.vpn.has(vpn)),
  panels: chart.panels.filter((panel) => !hidden.profile.has(panel)),
  points: chart.points.filter((p) => !hidden.vpn.has(p.vpn) && !hidden.profile.has(p.panel)),
});

const titled = (chart) => ({
  ...chart,
  vpns: chart.vpns.map(titleOf),
  pairs: Object.fromEntries(Object.entries(data.pairs).map(([second, first]) => [titleOf(second), titleOf(first)])),
  untried: chart.untried.map(([vpn, panel]) => [titleOf(vpn), panel]),
  points: chart.points.map((p) => ({ ...p, vpn: titleOf(p.vpn) })),
});

// The best of too many, in the order of the tree.
function bounded(chart, figure) {
  const most = MOST[chart.kind];
  if (whole.has(figure) || chart.vpns.length <= most) return chart;
  const best = new Set(byValue(chart, chart.panels[0]).slice(0, most));
  return { ...chart, vpns: chart.vpns.filter((vpn) => best.has(vpn)), points: chart.points.filter((p) => best.has(p.vpn)) };
}

function countOf(chart, all, figure) {
  const line = document.createElement('p');
  const button = document.createElement('button');
  line.className = 'small';
  line.append(`${chart.vpns.length} of ${all.vpns.length} VPNs, the best of ${all.panels[0]}. `, button);
  button.type = 'button';
  button.textContent = `Draw all ${all.vpns.length}`;
  button.addEventListener('click', () => { whole.add(figure); drawSoon(); });
  return line;
}

const widthOf = (figure) => Math.max(280, Math.min(figure.querySelector('.drawing').clientWidth, 1180));

// While this stays the same, so does the picture.
const keyOf = (figure, chart) => JSON.stringify([chart.vpns, chart.panels, whole.has(figure), style('--paper')]);

async function viewOf(chart, figure) {
  const place = document.createElement('div');
  const view = new vega.View(vega.parse(compile(specOf(chart, widthOf(figure), theme())).spec), { renderer: 'svg', hover: true });
  await view.initialize(place).runAsync();
  const svg = place.querySelector('svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${chart.title}. The values are in the table below.`);
  return { view, place };
}

// Waits for nothing but promises, so that what is drawn before printing is printed.
async function render(figure, entry, all) {
  const drawing = figure.querySelector('.drawing');
  const chart = titled(bounded(all, figure));
  const { view, place } = all.points.length ? await viewOf(chart, figure) : { place: 'Nothing is left by the filters.' };

  if (drawn.get(figure) !== entry) { // overtaken
    view?.finalize();
    return;
  }
  entry.before?.finalize();
  delete entry.before;
  entry.view = view;
  drawing.replaceChildren(place, ...(chart.vpns.length < all.vpns.length ? [countOf(chart, all, figure)] : []));
}

function draw(figure) {
  const all = left(charts.get(figure.dataset.chart));
  const key = keyOf(figure, all);
  const last = drawn.get(figure);

  if (last?.key === key) return last.ready;
  const entry = { key, before: last?.view ?? last?.before };
  drawn.set(figure, entry);
  entry.ready = render(figure, entry, all);
  return entry.ready;
}

// After the frame that answers a click; a page in the background has no frames.
const frameShown = () => new Promise((done) => {
  const timer = setTimeout(done, 200);
  requestAnimationFrame(() => setTimeout(() => { clearTimeout(timer); done(); }));
});

const isStale = (figure) => drawn.get(figure)?.key !== keyOf(figure, left(charts.get(figure.dataset.chart)));

// One chart after the other, with frames between them.
export async function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  try {
    await frameShown();
    for (let figure = [...visible].find(isStale); figure; figure = [...visible].find(isStale)) {
      await draw(figure);
      await frameShown();
    }
  } finally {
    isDrawing = false;
  }
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
    await draw(figure);
    download(`${chart.id}.svg`, new Blob([await drawn.get(figure).view.toSVG()], { type: 'image/svg+xml' }));
  });
  add('PNG', async () => {
    await draw(figure);
    const canvas = await drawn.get(figure).view.toCanvas(2);
    canvas.toBlob((blob) => download(`${chart.id}.png`, blob));
  });
  add('CSV', () => download(`${chart.id}.csv`, new Blob([csvOf(left(chart))], { type: 'text/csv' })));
  figure.append(actions);
}

export function startCharts() {
  const figures = [...document.querySelectorAll('figure[data-chart]')].filter((f) => charts.has(f.dataset.chart));
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) visible.add(target);
      else visible.delete(target);
    }
    drawSoon();
  }, { rootMargin: '200px' });

  for (const figure of figures) {
    addActions(figure);
    watcher.observe(figure);
  }
  addEventListener('beforeprint', () => figures.filter((f) => f.checkVisibility()).forEach(draw));
}
