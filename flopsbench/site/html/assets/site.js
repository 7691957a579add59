// What the pages do beyond being read: languages and themes that are remembered, tables that sort and filter, devices
// side by side, counts for any device. Without this script everything can still be read.
'use strict';

(() => {
  const root = document.documentElement;
  const ROOT = new URL('..', document.currentScript.src);
  const SETTINGS = { language: ['en', 'zh'], theme: ['auto', 'light', 'dark'] };
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);

  // Settings, before anything is drawn.

  const remembered = (name) => {
    try { return localStorage.getItem(`flopsbench-${name}`); } catch { return null; }
  };
  const remember = (name, value) => {
    try { localStorage.setItem(`flopsbench-${name}`, value); } catch { /* the choice holds for this page alone */ }
  };
  const spoken = () => ((navigator.languages || [])[0] || 'en').startsWith('zh') ? 'zh' : 'en';

  function setting(name) {
    const value = remembered(name);
    return SETTINGS[name].includes(value) ? value : name === 'language' ? spoken() : 'auto';
  }

  function apply(name, value) {
    root.dataset[name] = value;
    if (name !== 'language') return;
    root.lang = value === 'zh' ? 'zh-Hans' : 'en';
    nameOptions();
  }

  function nameOptions() { // an option holds one text, so not both languages
    for (const option of all('option[data-zh]')) option.textContent = option.dataset[root.dataset.language];
  }

  for (const name of Object.keys(SETTINGS)) apply(name, setting(name));

  function listenToSwitches() {
    for (const input of all('.switch input')) {
      input.checked = input.value === setting(input.name);
      input.addEventListener('change', () => { remember(input.name, input.value); apply(input.name, input.value); });
    }
  }

  // Texts in both languages, as the templates have them.

  function make(tag, content = '', attributes = {}) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...[content].flat());
    return element;
  }

  const both = (english, chinese) => [make('span', english, { lang: 'en' }), make('span', chinese, { lang: 'zh' })];
  const words = (name) => one(`template[data-template="${name}"]`).content.cloneNode(true);

  // Figures.

  const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y', 'R', 'Q'];
  const significant = (value, digits) => Number(value.toPrecision(digits));

  function digitsOf(value, digits) {
    const rounded = significant(value, digits);
    const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded) + 1e-9));
    return rounded.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  }

  function prefixIndex(value) {
    const power = Math.floor(Math.log10(significant(value, 3)) + 1e-9);
    return Math.min(Math.max(Math.floor(power / 3), 0), PREFIXES.length - 1);
  }

  function rate(value, unit) {
    const index = prefixIndex(value);
    return `${digitsOf(value / 1000 ** index, 3)} ${PREFIXES[index]}${unit === 'OP/s' ? 'OPS' : 'FLOPS'}`;
  }

  const interval = ({ low, high }, unit) => `${digitsOf(low / 1000 ** prefixIndex(high), 3)} – ${rate(high, unit)}`;
  const share = (value) => value >= 0.0995 ? `${Math.round(100 * value)}%` : `${(100 * value).toFixed(1)}%`;

  const STEPS = {
    en: [[1e21, ' sextillion'], [1e18, ' quintillion'], [1e15, ' quadrillion'], [1e12, ' trillion'], [1e9, ' billion'], [1e6, ' million']],
    zh: [[1e20, '万亿亿'], [1e16, '亿亿'], [1e12, '万亿'], [1e8, '亿'], [1e4, '万']],
  };

  function count(language, value, digits) {
    const rounded = significant(value, digits);
    const [step, word] = STEPS[language].find(([least]) => rounded >= least) || [1, ''];
    const told = digitsOf(rounded / step, digits) + word;
    return language === 'zh' ? told.replaceAll(',', '') : told;
  }

  // Tables: sorting.

  const COLLATOR = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

  function keyOf(cell, numeric) {
    if (!numeric) return cell.textContent.trim();
    return 'value' in cell.dataset ? Number(cell.dataset.value) : NaN;
  }

  function sort(table, column, ascending, numeric) {
    gather(table);
    const body = table.tBodies[0];
    if (body.rows.length < 2) return;
    const sign = ascending ? 1 : -1;
    const keyed = [...body.rows].map((row) => [keyOf(row.cells[column], numeric), row]);
    keyed.sort(numeric
      ? ([a], [b]) => (isNaN(a) - isNaN(b)) || sign * (a - b) || 0
      : ([a], [b]) => sign * COLLATOR.compare(a, b));
    const after = body.nextSibling;
    body.remove(); // away from the page, so that it is laid out once and not a row at a time
    body.replaceChildren(); // all at once: taking thousands of rows out one by one takes seconds
    const fragment = document.createDocumentFragment();
    for (const [, row] of keyed) fragment.append(row);
    body.append(fragment);
    table.dispatchEvent(new Event('sorted'));
    table.insertBefore(body, after);
  }

  function sortable(header) {
    const button = make('button', [...header.childNodes], { type: 'button' });
    header.append(button);
    button.addEventListener('click', () => {
      const numeric = header.dataset.sort === 'number';
      const now = header.getAttribute('aria-sort');
      const ascending = now ? now === 'descending' : !numeric;
      for (const other of header.parentElement.cells) other.removeAttribute('aria-sort');
      header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
      sort(header.closest('table'), header.cellIndex, ascending, numeric);
    });
  }

  // Tables: filters. Of a long table the first rows are shown, so that it is laid out at once; all of them on request.

  const AT_ONCE = 200;
  const SEARCHED = ':scope > :not(.number, .drawn, .versions)'; // figures and dates are no names

  // A long table's other rows wait in a body of their own, which is not laid out; here they join the first ones.
  function gather(table) {
    const [body, rest] = table.tBodies;
    if (!rest) return;
    const rows = [...rest.rows];
    rest.remove();
    rest.replaceChildren();
    const fragment = document.createDocumentFragment();
    const filtered = one(`[data-filter="${table.caption.id}"]`) !== null; // else all rows are shown
    for (const row of rows) {
      row.hidden = filtered;
      fragment.append(row);
    }
    body.append(fragment);
    hideRest(table);
  }

  const hideRest = (table) => { for (const link of all(`[data-rest="${table.caption.id}"]`)) link.hidden = true; };

  function filterable(controls) {
    const table = document.getElementById(controls.dataset.filter).closest('table');
    const body = table.tBodies[0];
    const match = one('[data-match]', controls);
    const choices = all('select[data-by]', controls);
    const everything = one('[data-everything]', controls);
    const called = new Map(choices.flatMap(({ options }) => [...options]).map(({ value, dataset }) => [value, `${dataset.en} ${dataset.zh}`]));
    const texts = new WeakMap();
    const textOf = (row) => {
      if (!texts.has(row)) {
        const told = [...all(SEARCHED, row).map((cell) => cell.textContent), ...Object.values(row.dataset).map((value) => called.get(value) || value)];
        texts.set(row, told.join(' ').toLowerCase());
      }
      return texts.get(row);
    };
    let limit = AT_ONCE;
    const tell = (matches) => {
      const all = [...table.tBodies].reduce((sum, { rows }) => sum + rows.length, 0);
      one('[data-matches]', controls).textContent = `${Math.min(matches ?? all, limit)} / ${all}`;
      everything.hidden = (matches ?? all) <= limit;
    };
    const update = () => {
      gather(table);
      const wanted = match.value.toLowerCase().split(/\s+/).filter(Boolean);
      let matches = 0;
      for (const row of [...body.rows]) {
        const fits = choices.every((choice) => !choice.value || row.dataset[choice.dataset.by] === choice.value)
          && wanted.every((word) => textOf(row).includes(word));
        matches += fits;
        row.hidden = !fits || matches > limit;
      }
      tell(matches);
    };
    controls.addEventListener('input', update);
    everything.addEventListener('click', () => { limit = Infinity; update(); });
    table.addEventListener('sorted', update);
    controls.hidden = false;
    if (table.tBodies.length > 1) tell();
    else update();
    hideRest(table);
  }

  // Pages that need data. Opened from a disk instead of a server there is none, and the page stays as it was.

  async function data() {
    const answer = await fetch(new URL('data/compare.json', ROOT));
    if (!answer.ok) throw new Error(`data/compare.json: ${answer.status}`);
    return answer.json();
  }

  const cores = ({ cores }) => cores === 1 ? '(1 core)' : `(${cores} cores)`;
  const named = (machine) => [make('bdi', machine.name), ...machine.cores ? both(` ${cores(machine)}`, `（${machine.cores}核）`) : []];
  const label = (machine) => machine.cores ? `${machine.name} ${cores(machine)}` : machine.name;
  const options = (machines) => machines.map((machine) => make('option', label(machine), { value: machine.slug }));

  // The mark on figures by an older version of the method.
  const older = ({ older, method }) => older ? [' ', make('small', both(`(method ${method})`, `（方法${method}）`))] : [];

  // Devices side by side; the address keeps which.

  function compare({ boards, machines }) {
    const place = one('[data-compare]');
    const outcome = one('[data-outcome]');
    const choices = all('select', place);
    const bySlug = new Map(machines.map((machine) => [machine.slug, machine]));
    const asked = new URLSearchParams(location.search).getAll('device');
    choices.forEach((choice, i) => {
      choice.append(...options(machines));
      if (bySlug.has(asked[i])) choice.value = asked[i];
    });
    const update = () => {
      const chosen = [...new Set(choices.map((choice) => choice.value).filter(Boolean))];
      history.replaceState(null, '', `?${new URLSearchParams(chosen.map((slug) => ['device', slug]))}`);
      outcome.hidden = chosen.length < 2;
      one('[data-hint]').hidden = chosen.length >= 2;
      if (chosen.length >= 2) draw(one('table', outcome), boards, chosen.map((slug) => bySlug.get(slug)));
    };
    place.addEventListener('change', update);
    place.hidden = false;
    one('[data-instead]').hidden = true;
    update();
  }

  function draw(table, boards, chosen) {
    const corner = table.tHead.rows[0].cells[0];
    table.tHead.rows[0].replaceChildren(corner, ...chosen.map((machine) => make('th',
      make('a', named(machine), { href: new URL(`devices/${machine.slug}.html`, ROOT).href }), { scope: 'col' })));
    for (const body of [...table.tBodies]) body.remove();
    for (const [key, board] of Object.entries(boards)) {
      const rows = chosen.map((machine) => machine.rates[key]);
      if (rows.some(Boolean)) table.append(group(board, rows));
    }
  }

  // A board's lines: its name, then what is known of any of the devices.
  function group(board, rows) {
    const link = make('a', board.name, { href: new URL(`boards/${board.page}.html`, ROOT).href });
    const body = make('tbody', make('tr', make('th', [link, ...older(board)], { scope: 'rowgroup', colspan: rows.length + 1 })));
    const first = rows[0];
    const highest = Math.max(...rows.map((row) => row ? row.high : 0));
    const absent = rows.map((row) => row ? null : make('td', [words('compare_absent')]));
    const line = (word, tell) => {
      const told = rows.map((row) => row ? tell(row) : undefined);
      if (!told.some(Boolean)) return;
      const cells = told.map((value, i) => rows[i] ? make('td', value || '–') : body.rows.length === 1 && absent[i]);
      body.append(make('tr', [make('th', [words(word)], { scope: 'row' }), ...cells.filter(Boolean)]));
    };
    line('median', (row) => [make('strong', rate(row.median, board.unit)), bar(row, highest)]);
    line('interval_range', (row) => [interval(row, board.unit), ...row.submitters === 1 ? [' ', make('small', intervalsOf(row))] : []]);
    line('compare_ratio', (row) => first && first !== row && `${digitsOf(row.median / first.median, Math.max(width(row), width(first)) > 0.02 ? 2 : 3)}×`);
    line('of_peak', (row) => row.of_peak ? share(row.of_peak) : row.of_peak_at_clock && `${share(row.of_peak_at_clock)}*`);
    line('of_ceiling', (row) => row.of_ceiling && share(row.of_ceiling));
    line('sustained', (row) => row.sustained && rate(row.sustained, board.unit));
    line('power', (row) => row.watts && `${digitsOf(row.watts, 3)} W`);
    line('per_watt', (row) => row.per_joule && `${rate(row.per_joule, board.unit)}/W`);
    line('results', (row) => String(row.results));
    line('trust', (row) => [words(row.trust)]);
    line('date', (row) => row.date.slice(0, 10));
    for (const cell of absent.filter(Boolean)) cell.rowSpan = body.rows.length - 1;
    return body;
  }

  const intervalsOf = ({ results }) => results === 1 ? '95% CI' : both(`95% CIs of ${results} Results`, `${results}份结果的95% CI`);
  const width = (row) => (row.high - row.low) / row.median;

  function bar(row, highest) {
    const draw = (tag, attributes) => {
      const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      return element;
    };
    const at = (value) => `${100 * value / highest}%`;
    const svg = draw('svg', { class: 'spark', height: 12, 'aria-hidden': 'true', focusable: 'false' });
    svg.append(draw('rect', { class: 'bar', y: 3, height: 6, width: at(row.median) }),
      draw('line', { class: 'whisker', x1: at(row.low), x2: at(row.high), y1: 6, y2: 6 }));
    return svg;
  }

  // How many of a device make each total: its rate that needs the fewest caveats, and of such the fastest.

  function counts({ boards, machines, totals, rules, reasons }) {
    const choice = one('#machine');
    choice.append(...options(machines));
    choice.value = choice.dataset.chosen;
    const byId = new Map(totals.map((total) => [total.id, total]));
    const update = () => {
      const machine = machines.find(({ slug }) => slug === choice.value);
      if (!machine) return;
      const measured = Object.entries(machine.rates).map(([key, row]) => ({ ...row, ...boards[key] }));
      const newest = Math.max(...measured.map(({ method }) => method));
      const rates = measured.filter(({ method }) => method === newest)
        .sort((a, b) => (a.unit !== 'FLOP/s') - (b.unit !== 'FLOP/s') || b.median - a.median);
      one('[data-machine]').replaceChildren(...named(machine));
      one('[data-rates]').replaceChildren(rates.map((row) => `${row.dtype} ${rate(row.median, row.unit)}`).join(', '), ...older(rates[0]));
      for (const row of all('tr[data-total]')) takes(row, byId.get(row.dataset.total), rates);
    };
    choice.addEventListener('change', update);
    one('[data-count]').hidden = false;

    function takes(row, total, rates) {
      const compared = rates.filter(({ dtype }) => total.rules[dtype])
        .map((measured) => ({ measured, rule: rules[total.rules[measured.dtype][measured.peak ? 0 : 1]] }))
        .sort((a, b) => (a.rule.per_s ? 0 : 1) - (b.rule.per_s ? 0 : 1)
          || a.rule.reasons.length - b.rule.reasons.length || b.measured.median - a.measured.median);
      if (!compared.length) return;
      const { measured, rule } = compared[0];
      const [, byRate, , , , byPeak, how] = row.cells;
      byRate.replaceChildren(...(rule.per_s ? [...number(rule.per_s / measured.median, rule.digits), ' ', make('small', measured.dtype)] : ['–']));
      byPeak.replaceChildren(...(rule.per_s && rule.at_peak ? number(rule.per_s / measured.peak, rule.digits) : ['–']));
      const told = rule.reasons.map((i) => make('li', both(...reasons[i])));
      how.replaceChildren(told.length ? make('details', [make('summary', [words(rule.verdict)]), make('ul', told)]) : words(rule.verdict));
    }
  }

  const number = (value, digits) => value < 1 ? [words('exceeds')] : both(count('en', value, digits), count('zh', value, digits));

  document.addEventListener('DOMContentLoaded', () => {
    listenToSwitches();
    nameOptions();
    all('th[data-sort]').forEach(sortable);
    all('[data-filter]').forEach(filterable);
    const { page } = document.body.dataset;
    if (page === 'compare') data().then(compare, () => {});
    if (page === 'eflops') data().then(counts, () => {});
    if (page === 'not_found') for (const link of all('a[href]')) if (!link.hash) link.href = new URL(link.getAttribute('href'), ROOT);
  });
})();
