/* SPDX-License-Identifier: MIT */
// Who and what is hidden: sets of names, and style rules made of them, so that a click touches no element of the tables.

export const hidden = { vpn: new Set(), profile: new Set(), workload: new Set() };

const rules = new CSSStyleSheet();
const attributes = { vpn: 'main [data-vpn', profile: 'main [data-profile', workload: 'figure[data-workload' };

function apply(onChange) {
  const selectors = Object.entries(hidden).flatMap(([kind, names]) => [...names].map((name) => `${attributes[kind]}="${CSS.escape(name)}"]`));

  rules.replaceSync(selectors.length ? `${selectors.join()} { display: none !important; }` : '');
  onChange();
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
}

export function startFilters(onChange) {
  const form = document.getElementById('filters');

  document.adoptedStyleSheets = [rules];
  form.addEventListener('change', ({ target }) => {
    const set = hidden[target.dataset.filter];
    if (target.checked) set.delete(target.value);
    else set.add(target.value);
    apply(onChange);
  });
  form.addEventListener('click', (event) => {
    const input = event.target.closest('label')?.querySelector('input');
    if (!input || event.target === input) return;
    event.preventDefault();
    choose(form, input, event.shiftKey);
    apply(onChange);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
}
