// The same numbers as text, to six digits, for eyes, screen readers and copying.

function cell(text, title) {
  return element("td", text, { "data-label": title });
}

function header(titles) {
  const made = element("thead");
  const row = element("tr");
  row.append(...titles.map((title) => element("th", title, { scope: "col" })));
  made.append(row);
  return made;
}

function fillTable(table, caption, titles, rows) {
  const body = element("tbody");
  for (const { name, cells, about } of rows) {
    const row = element("tr", "", about);
    row.append(element("th", name, { scope: "row" }));
    row.append(...cells.map((text, index) => cell(text, titles[index + 1])));
    body.append(row);
  }
  table.replaceChildren(element("caption", caption), header(titles), body);
}

const SPREAD = ["median", `${100 * band[0]} %`, `${100 * band[1]} %`];

function spreadCells({ median, low, high, infinite }, withInfinite) {
  return [full(median), full(low), full(high), ...(withInfinite ? [String(infinite)] : [])];
}

function certificateTable(study, point) {
  const spreads = study.quantities.map((quantity) => [quantity, spread(study, quantity.column, point)]);
  const infinite = spreads.some(([, { infinite: count }]) => count > 0);
  const titles = ["quantity", ...SPREAD, ...(infinite ? ["infinite"] : [])];
  const rows = spreads.map(([{ column, title }, found]) => ({
    name: title,
    cells: spreadCells(found, infinite),
    about: { "data-column": column },
  }));
  const caption = `At the marked setting: median and 10–90 % band over ${study.networks[point]} unlearned networks`;
  fillTable(byId("certificate-table"), caption, titles, rows);
}

function certificateNumbers(axis, curves) {
  const rows = curves.flatMap((curve) =>
    curve.points.map((point) => ({
      name: curve.title,
      cells: [axis.told(point), ...spreadCells(point, true)],
      about: { "data-column": curve.column, "data-x": String(point.x) },
    })),
  );
  const titles = ["quantity", axis.title, ...SPREAD, "infinite"];
  fillTable(byId("certificate-all"), "All numbers of the diagrams", titles, rows);
}

function waysTable(study, ways, steps) {
  const shown = study.quantities;
  const told = (point) => shown.map(({ column }) => {
    const { median, low, high } = spread(study, column, point);
    return low === high ? full(median) : `${full(median)} (${full(low)} … ${full(high)})`;
  });
  const rows = ways.map(({ way, title, marked, iterative }) => ({
    name: iterative && marked !== undefined ? `${title}, ${steps} steps` : title,
    cells: marked === undefined ? shown.map(() => "not measured") : told(marked),
    about: { "data-way": way },
  }));
  const titles = ["way to forget", ...shown.map(({ title }) => title)];
  fillTable(byId("ways-table"), "Median, with the 10–90 % band in brackets", titles, rows);
}

function waysNumbers(study, ways) {
  const rows = ways.flatMap(({ way, title, points }) =>
    points.map(({ point, steps }) => ({
      name: title,
      cells: [String(steps), ...study.quantities.map(({ column }) => full(spread(study, column, point).median))],
      about: { "data-way": way, "data-steps": String(steps) },
    })),
  );
  const titles = ["way to forget", "steps", ...study.quantities.map(({ title }) => title)];
  fillTable(byId("ways-all"), "Medians in the diagrams", titles, rows);
}
