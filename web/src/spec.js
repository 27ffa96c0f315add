/* SPDX-License-Identifier: MIT */
// One Vega-Lite specification per kind of chart.

const configOf = (theme) => ({
  background: null,
  font: theme.sans,
  view: { stroke: null },
  axis: {
    labelColor: theme.soft, titleColor: theme.soft, gridColor: theme.rule, domain: false,
    tickColor: theme.rule, labelFontSize: 11, titleFontWeight: 'normal', labelLimit: 170,
  },
  header: { labelColor: theme.ink, labelFontWeight: 'bold', labelFontSize: 12.5, titleColor: theme.soft },
  legend: { labelColor: theme.ink, titleColor: theme.soft, symbolOpacity: 1 },
});

const colour = (chart, theme) => ({
  field: 'vpn', type: 'nominal', legend: null,
  scale: { domain: chart.vpns, range: chart.vpns.map(theme.colourOf) },
});

// A click on a value leads to the samples it comes from.
const valuesOf = (chart) => chart.points.map((point) => ({
  ...point,
  none: false,
  second: point.vpn in chart.pairs,
  low: point.low ?? point.y,
  high: point.high ?? point.y,
  unit: chart.unit,
  href: point.place ? `#samples-${point.place.replace(/[^A-Za-z0-9_]/g, '-')}` : '#samples',
}));

const absenceOf = (chart, vpn, panel) => {
  if (!chart.expects) return '--';
  return chart.untried.some(([v, p]) => v === vpn && p === panel) ? 'not measured' : 'no result';
};

// Who was measured and has no value: that is a result, too.
function missingOf(chart) {
  const there = new Set(chart.points.map((p) => `${p.vpn}\n${p.panel}`));
  return chart.vpns.flatMap((vpn) => chart.panels.filter((panel) => !there.has(`${vpn}\n${panel}`))
    .map((panel) => ({ vpn, panel, none: true, zero: 0, absence: absenceOf(chart, vpn, panel) })));
}

const shortNumber = (field) => `format(${field}, abs(${field}) >= 100 ? ',.0f' : '.3~g')`;
const titleOf = (chart) => [chart.y_title, chart.unit].filter(Boolean).join(', ');

// The value at the right end of each panel: one for all, unless the smallest would be lost on it.
const SHARED_SPREAD = 5; // as in chart_bars.c
function endsOf(chart) {
  const ends = chart.panels.map((panel) => Math.max(0, ...chart.points
    .filter((p) => p.panel === panel).map((p) => p.high ?? p.y)) || 1);
  const most = Math.max(...ends);

  return most <= SHARED_SPREAD * Math.min(...ends) ? ends.map(() => most) : ends;
}

// The best first; what has no value comes last.
export function byValue(chart, panel) {
  const values = new Map(chart.vpns.map((vpn) => [vpn, []]));
  const middle = (ys) => ys.reduce((a, b) => a + b, 0) / ys.length;

  for (const p of chart.points) if (p.panel === panel) values.get(p.vpn)?.push(p.y ?? middle(p.series));
  const means = new Map([...values].map(([vpn, ys]) => [vpn, ys.length ? middle(ys) : null]));
  // Both of a pair stand where the first tree's value is, or the second's where that is all.
  for (const [second, first] of Object.entries(chart.pairs)) {
    if (!means.has(second) || !means.has(first)) continue;
    const rank = means.get(first) ?? means.get(second);
    means.set(first, rank).set(second, rank);
  }

  return [...chart.vpns].sort((a, b) => {
    const [x, y] = [means.get(a), means.get(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return chart.higher_is_better ? y - x : x - y;
  });
}

function barPanel(chart, panel, end, width, theme) {
  const x = (extra) => ({ type: 'quantitative', stack: null, title: chart.unit || null, scale: { domain: [0, end] }, axis: { tickCount: 5 }, ...extra });

  return {
    title: { text: panel, anchor: 'start', color: theme.ink, fontSize: 12.5 },
    data: { values: [...valuesOf(chart), ...missingOf(chart)].filter((value) => value.panel === panel) },
    width,
    height: { step: 26 },
    encoding: {
      y: { field: 'vpn', type: 'nominal', title: null, scale: { domain: byValue(chart, panel) } },
      color: colour(chart, theme),
    },
    layer: [
      { transform: [{ filter: '!datum.none' }], mark: { type: 'bar', height: 17, cornerRadius: 2 },
        encoding: { x: x({ field: 'y', aggregate: 'mean' }),
          // A scale of opacity is for ordered values, so Vega warns of one with two names.
          opacity: { condition: { test: 'datum.second', value: 0.14 }, value: 0.34 },
          detail: { field: 'second' },
          tooltip: [{ field: 'vpn' }, { field: 'panel' }, { field: 'y', aggregate: 'mean', title: 'mean' },
            { field: 'low', aggregate: 'min', title: 'lowest' }, { field: 'high', aggregate: 'max', title: 'highest' },
            { aggregate: 'count', title: 'values' }] } },
      { transform: [{ filter: '!datum.none' }], mark: { type: 'rule', strokeWidth: 1.6 },
        encoding: { x: x({ field: 'low', aggregate: 'min' }), x2: { field: 'high', aggregate: 'max' } } },
      { transform: [{ filter: '!datum.none' }], mark: { type: 'point', filled: true, opacity: 1, size: 30, stroke: theme.sheet, strokeWidth: 0.8, cursor: 'pointer' },
        encoding: { x: x({ field: 'y' }), href: { field: 'href' },
          tooltip: [{ field: 'vpn' }, { field: 'panel' }, { field: 'label', title: 'link' }, { field: 'y', title: chart.unit }] } },
      { transform: [{ filter: '!datum.none' }, { aggregate: [{ op: 'mean', field: 'y', as: 'mean' }, { op: 'max', field: 'high', as: 'end' }], groupby: ['vpn', 'panel'] },
          { calculate: shortNumber('datum.mean'), as: 'text' }],
        mark: { type: 'text', align: 'left', dx: 8, fontSize: 11.5, color: theme.ink },
        encoding: { x: x({ field: 'end' }), text: { field: 'text' }, color: { value: theme.ink } } },
      { transform: [{ filter: 'datum.none === true' }],
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 11.5 },
        encoding: { x: x({ field: 'zero' }), text: { field: 'absence' }, color: { value: theme.soft } } },
    ],
  };
}

function bars(chart, width, theme) {
  const columns = width > 760 ? 2 : 1;
  const ends = endsOf(chart);

  return { columns, concat: chart.panels.map((panel, i) => barPanel(chart, panel, ends[i], width / columns - 200, theme)) };
}

// Means per cell and how close each is to the best of its column, by ratio over two powers of ten; percentages are what they are.
function heatValues(chart) {
  const cells = new Map();
  for (const { vpn, panel, y } of chart.points) {
    const cell = cells.get(`${vpn}\n${panel}`) ?? { vpn, panel, sum: 0, count: 0 };
    cell.sum += y;
    cell.count += 1;
    cells.set(`${vpn}\n${panel}`, cell);
  }
  const all = [...cells.values()].map((cell) => ({ ...cell, mean: cell.sum / cell.count }));
  const best = (panel) => all.filter((c) => c.panel === panel).map((c) => c.mean)
    .reduce((a, b) => (chart.higher_is_better ? Math.max(a, b) : Math.min(a, b)));
  return all.map((cell) => {
    const share = Math.max(0, Math.min(cell.mean / 100, 1));
    if (chart.unit === '%') return { ...cell, close: chart.higher_is_better ? share : 1 - share };
    const top = best(cell.panel);
    const ratio = chart.higher_is_better ? cell.mean / top : top / cell.mean;
    const close = ratio > 0 ? Math.max(0, 1 + Math.log10(Math.min(ratio, 1)) / 2) : Number(cell.mean === top);
    return { ...cell, close };
  });
}

function heat(chart, width, theme) {
  return {
    data: { values: heatValues(chart) },
    width: Math.min(width - 160, 110 * chart.panels.length),
    height: { step: 34 },
    encoding: {
      x: { field: 'panel', type: 'nominal', title: null, scale: { domain: chart.panels }, axis: { orient: 'top', labelAngle: 0, labelFontWeight: 'bold' } },
      y: { field: 'vpn', type: 'nominal', title: null, scale: { domain: chart.vpns } },
    },
    layer: [
      { mark: { type: 'rect', color: theme.heat, stroke: theme.sheet, strokeWidth: 3 },
        encoding: { opacity: { field: 'close', type: 'quantitative', legend: null, scale: { domain: [0, 1], range: [0.08, 0.92] } },
          tooltip: [{ field: 'vpn' }, { field: 'panel' }, { field: 'mean', title: titleOf(chart) }, { field: 'count', title: 'values' }] } },
      { transform: [{ calculate: shortNumber('datum.mean'), as: 'text' }],
        mark: { type: 'text', fontSize: 12 },
        encoding: { text: { field: 'text' },
          color: { condition: { test: 'datum.close > 0.7', value: theme.onHeat }, value: theme.ink } } },
      { data: { values: missingOf(chart) }, mark: { type: 'text', fontSize: 11 },
        encoding: { text: { field: 'absence' }, color: { value: theme.soft } } },
    ],
  };
}

function scatter(chart, width, theme) {
  const axis = (field, title) => ({ field, type: 'quantitative', title, scale: { type: 'log', nice: false, padding: 18 }, axis: { tickCount: 6 } });
  const points = valuesOf(chart).filter((p) => p.x > 0 && p.y > 0);
  const named = new Set();

  // One name for all points of a VPN under a profile.
  for (const point of points) {
    const key = `${point.panel}\n${point.vpn}`;
    point.name = named.has(key) ? '' : point.vpn;
    named.add(key);
  }
  return {
    data: { values: points },
    width: width - 190,
    height: 330,
    encoding: {
      x: axis('x', chart.x_title),
      y: axis('y', chart.y_title),
      color: colour(chart, theme),
    },
    layer: [
      { params: [{ name: 'view', select: 'interval', bind: 'scales' }],
        mark: { type: 'point', filled: true, size: 70, cursor: 'pointer' },
        encoding: {
          opacity: { condition: { test: 'datum.second', value: 0.35 }, value: 0.75 },
          shape: { field: 'panel', type: 'nominal', sort: chart.panels, legend: { title: null, symbolFillColor: theme.soft, symbolStrokeColor: theme.soft } },
          href: { field: 'href' },
          tooltip: [{ field: 'vpn' }, { field: 'panel' }, { field: 'label', title: 'link' },
            { field: 'x', title: chart.x_title }, { field: 'y', title: chart.y_title }],
        } },
      { mark: { type: 'text', align: 'left', dx: 8, fontSize: 11, clip: true },
        encoding: { text: { field: 'name' } } },
    ],
  };
}

function lines(chart, width, theme) {
  const values = chart.points.flatMap(({ vpn, panel, label, series, step }) => series.map((value, i) => ({
    vpn, panel, label, second: (i + 1) * step, value, ofSecond: vpn in chart.pairs,
  })));

  return {
    data: { values },
    facet: {
      row: { field: 'vpn', type: 'nominal', title: null, sort: chart.vpns, header: { labelAngle: 0, labelAlign: 'left' } },
      column: { field: 'panel', type: 'nominal', title: null, sort: chart.panels },
    },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: Math.max(90, (width - 90) / chart.panels.length - 55),
      height: 62,
      mark: { type: 'line', strokeWidth: 1.3, opacity: 0.85 },
      encoding: {
        x: { field: 'second', type: 'quantitative', title: null, axis: { tickCount: 3, grid: false } },
        y: { field: 'value', type: 'quantitative', title: null, axis: { tickCount: 2 } },
        color: colour(chart, theme),
        strokeDash: { field: 'ofSecond', type: 'nominal', legend: null, scale: { domain: [false, true], range: [[1, 0], [4, 2]] } },
        detail: { field: 'label' },
        tooltip: [{ field: 'vpn' }, { field: 'panel' }, { field: 'label', title: 'link' },
          { field: 'second' }, { field: 'value', title: chart.unit }],
      },
    },
  };
}

const kinds = { bars, heat, scatter, lines };

export function specOf(chart, width, theme) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: configOf(theme),
    ...kinds[chart.kind](chart, width, theme),
  };
}
