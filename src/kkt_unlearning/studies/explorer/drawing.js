// Diagrams: medians with their bands, where they are infinite, and what is too small for a logarithmic axis.

const STYLE = getComputedStyle(document.documentElement);
const shade = (name) => STYLE.getPropertyValue(name).trim();
const number = (cell) => (cell === null ? NaN : Number(cell));
const SMALL = 1e-3; // from here down with an exponent

function full(value) {
  if (Number.isNaN(value)) return "not measured";
  if (!Number.isFinite(value)) return "infinite";
  return value !== 0 && Math.abs(value) < SMALL ? value.toExponential() : String(value);
}

const brief = (value) => full(Number.isFinite(value) ? Number(value.toPrecision(3)) : value);
// Plotly reads marks of its own kind of HTML in texts.
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function spread(study, column, point) {
  const [median, low, high, count, infinite] = study.values[column][point].map(number);
  return { median, low, high, count, infinite };
}

const hasBand = ({ dash, band: wanted = true }) => wanted && dash !== "dot";

// Ends of a vertical axis, and where on it a value is drawn.
function verticalAxis(panel, curves) {
  const logarithmic = state.scale === LOGARITHMIC;
  const drawn = (curve) => curve.points.flatMap(({ median, low, high }) => (hasBand(curve) ? [median, low, high] : [median]));
  const cells = curves.flatMap(drawn);
  const finite = cells.filter(Number.isFinite);
  const small = finite.some((value) => value < panel.floor);
  const least = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const bottom = logarithmic ? (small || !finite.length ? panel.floor : decade(least)) : Math.min(0, least);
  const greatest = finite.reduce((a, b) => Math.max(a, b), logarithmic ? 10 * bottom : 0);
  const top = greatest > bottom ? greatest : bottom + 1;
  const place = (value) => (Number.isNaN(value) ? null : Math.min(Math.max(value, bottom), top));
  return { logarithmic, small, bottom, top, place };
}

const decade = (value) => 10 ** Math.floor(Math.log10(value) + 1e-9);

function hint({ title }, axis, point) {
  const { median, low, high, infinite, networks } = point;
  const some = infinite ? `, infinite for ${infinite}` : "";
  const lines = [title, `${axis.title}: ${axis.told(point)}`, `median ${full(median)}`];
  lines.push(`10–90 %: ${full(low)} … ${full(high)}`, `${networks} networks${some}`);
  return lines.map(plain).join("<br>");
}

function traces(curve, axis, vertical) {
  const { points, colour, dash, symbol = "circle", iterative = true, level = false } = curve;
  const shown = points.filter(({ median }) => !Number.isNaN(median));
  const x = shown.map((point) => point.x);
  const hovertext = shown.map((point) => hint(curve, axis, point));
  const common = { hoverinfo: "text", name: plain(curve.title), showlegend: false };
  const y = shown.map(({ median }) => (Number.isFinite(median) ? vertical.place(median) : null));
  const size = shown.map(({ marked }) => (marked ? 11 : 6));
  const dotted = dash === "dot";
  const marker = { color: colour, symbol, size: iterative ? size : 11 };
  const mode = dotted || level ? "lines" : "lines+markers";
  const single = dotted && shown.length === 1 ? { mode: "markers", marker: { ...marker, symbol: "line-ew-open" } } : {};
  const line = { ...common, x, y, hovertext, mode, marker, line: { color: colour, dash, width: 2 }, ...single };
  const lost = shown.filter(({ median }) => median === Infinity);
  const crosses = {
    ...common,
    x: lost.map((point) => point.x),
    y: lost.map(() => vertical.top),
    hovertext: lost.map((point) => hint(curve, axis, point)),
    mode: "markers",
    marker: { color: colour, symbol: "x-thin-open", size: 9, line: { width: 2 } },
  };
  return [...(hasBand(curve) ? [bandOf(shown, colour, vertical)] : []), line, ...(lost.length ? [crosses] : [])];
}

// The band as one outline; at a single place an upright bar.
function bandOf(shown, colour, { place }) {
  const x = shown.map((point) => point.x);
  const low = shown.map((point) => place(point.low));
  const high = shown.map((point) => place(point.high));
  const common = { mode: "lines", hoverinfo: "skip", showlegend: false };
  if (shown.length === 1) {
    return { ...common, x: [...x, ...x], y: [...low, ...high], opacity: 0.35, line: { color: colour, width: 7 } };
  }
  const outline = { x: [...x, ...x.toReversed()], y: [...high, ...low.toReversed()] };
  return { ...common, ...outline, fill: "toself", fillcolor: `${colour}2e`, line: { width: 0 } };
}

function verticalTicks({ logarithmic, small, bottom, top }) {
  if (!logarithmic) return {};
  const first = Math.round(Math.log10(bottom));
  const count = Math.floor(Math.log10(top) + 1e-9) - first + 1;
  const stride = 1 + Math.floor(count / 7);
  const powers = Array.from({ length: Math.ceil(count / stride) }, (_, index) => first + index * stride);
  const text = powers.map((power) => `10<sup>${power}</sup>`.replace("-", "−"));
  if (small) text[0] = `≤ ${text[0]}`;
  return { tickmode: "array", tickvals: powers.map((power) => 10 ** power), ticktext: text };
}

// Ticks at the values themselves, as many as have room.
function horizontalTicks({ ticks, logarithmic }) {
  if (!ticks) return { dtick: 1 }; // decades
  const at = (value) => (logarithmic ? Math.log10(value) : value);
  const room = (at(ticks[ticks.length - 1].x) - at(ticks[0].x)) / 9;
  const kept = [];
  for (const tick of ticks) if (!kept.length || at(tick.x) - at(kept[kept.length - 1].x) >= room) kept.push(tick);
  return { tickmode: "array", tickvals: kept.map(({ x }) => x), ticktext: kept.map(({ text }) => plain(text)) };
}

function layout(panel, axis, vertical) {
  const { logarithmic, bottom, top } = vertical;
  const ends = logarithmic ? [Math.log10(bottom), Math.log10(top)] : [bottom, top];
  const room = 0.06 * (ends[1] - ends[0]);
  const lines = { gridcolor: shade("--grid"), linecolor: shade("--muted"), zeroline: false, fixedrange: true };
  const mark = { type: "line", xref: "x", yref: "paper", x0: axis.mark, x1: axis.mark, y0: 0, y1: 1, layer: "below" };
  return {
    autosize: true,
    height: 270,
    margin: { l: 66, r: 12, t: 12, b: 46 },
    dragmode: false,
    hovermode: "closest",
    hoverlabel: { align: "left", font: { size: 12 } },
    font: { family: "system-ui, 'DejaVu Sans', sans-serif", size: 13, color: shade("--text") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    shapes: axis.mark === undefined ? [] : [{ ...mark, line: { color: shade("--muted"), width: 1.5, dash: "dot" } }],
    xaxis: { ...lines, type: axis.logarithmic ? "log" : "linear", title: { text: plain(axis.title) }, ...horizontalTicks(axis) },
    yaxis: {
      ...lines,
      type: logarithmic ? "log" : "linear",
      title: { text: plain(panel.title) },
      range: [ends[0] - room, ends[1] + room],
      ...verticalTicks(vertical),
    },
  };
}

const DASHES = { solid: "", dash: "7 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "11 4", longdashdot: "11 3 2 3" };

const MARKS = {
  square: "M11 1h8v8h-8z",
  diamond: "M15 0l5 5-5 5-5-5z",
  cross: "M13 0h4v3h3v4h-3v3h-4v-3h-3v-4h3z",
  "triangle-up": "M15 0l5 9h-10z",
  "triangle-down": "M15 10l5-9h-10z",
  star: "M15 0l2 4h4l-3 2 1 4-4-2-4 2 1-4-3-2h4z",
};

function sample({ colour, dash, symbol }) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS(made.namespaceURI, "path");
  for (const [name, value] of Object.entries({ width: 30, height: 10, "aria-hidden": "true" })) made.setAttribute(name, value);
  const marks = { square: "M11 1h8v8h-8z", diamond: "M15 0l5 5-5 5-5-5z", "triangle-up": "M15 0l5 9h-10z", star: "M15 0l2 4h4l-3 2 1 4-4-2-4 2 1-4-3-2h4z" };
  const outline = MARKS[symbol?.replace("-open", "")];
  line.setAttribute("d", outline ?? "M0 5h30");
  line.setAttribute("stroke", colour);
  line.setAttribute("stroke-width", outline ? "1.5" : "2.5");
  line.setAttribute("fill", outline && !symbol.endsWith("-open") ? colour : "none");
  line.setAttribute("stroke-dasharray", outline ? "" : DASHES[dash]);
  made.append(line);
  return made;
}

function legend(curves) {
  const made = element("ul", "", { class: "legend" });
  for (const curve of curves) {
    const entry = element("li");
    entry.append(sample(curve), ` ${curve.title}`);
    made.append(entry);
  }
  if (curves.some(({ points }) => points.some(({ median }) => median === Infinity))) {
    made.append(element("li", "× at the edge: infinite"));
  }
  return made;
}

// One figure for each panel that has curves; axis: title, logarithmic, ticks, mark, told(point), picked(x), and
// legend, where one stands for all panels.
function draw(host, panels, curves, axis) {
  const used = panels.filter(({ name }) => curves.some(({ panel }) => panel === name));
  while (host.children.length > used.length) {
    Plotly.purge(host.lastChild.firstChild);
    host.lastChild.remove();
  }
  while (host.children.length < used.length) {
    host.append(element("figure"));
    host.lastChild.append(element("div", "", { class: "plot" }), element("figcaption"));
  }
  used.forEach((panel, index) => {
    const [plot, caption] = host.children[index].children;
    const own = curves.filter((curve) => curve.panel === panel.name);
    const vertical = verticalAxis(panel, own);
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", `${panel.title} against ${axis.title}; the numbers are in the tables`);
    const drawn = own.flatMap((curve) => traces(curve, axis, vertical));
    Plotly.react(plot, drawn, layout(panel, axis, vertical), { displayModeBar: false, responsive: true });
    plot.removeAllListeners?.("plotly_click");
    if (axis.picked) plot.on("plotly_click", ({ points }) => axis.picked(points[0].x));
    if (axis.legend && !index) axis.legend.replaceChildren(legend(own));
    caption.replaceChildren(...(axis.legend ? [] : [legend(own)]));
  });
}
