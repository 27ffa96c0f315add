/* SPDX-License-Identifier: MIT */
// Charts as files: what the reader downloads is what the filters left.

const quoted = (value) => {
  const text = value === undefined || value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export function csvOf(chart) {
  const isLines = chart.kind === 'lines';
  const keys = isLines ? ['vpn', 'panel', 'label', 'second', 'value'] : ['vpn', 'panel', 'label', 'x', 'y', 'low', 'high'];
  const rows = isLines
    ? chart.points.flatMap(({ series, step, ...rest }) => series.map((value, i) => ({ ...rest, second: (i + 1) * step, value })))
    : chart.points;
  return [keys, ...rows.map((row) => keys.map((key) => row[key]))]
    .map((row) => row.map(quoted).join(',')).join('\r\n') + '\r\n';
}

export function download(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
