// The page: controls, sentence, diagrams and tables of what is chosen.

// values of the parameters of a study by name, as text
const setting = (study, point) =>
  Object.fromEntries(study.parameters.map(({ name, values }, index) => [name, String(values[study.points[point][index]])]));

function horizontal(study) {
  const parameter = axisOf(study);
  const ticks = parameter.values.map((x, index) => ({ x, text: parameter.titles[index] }));
  const picked = (x) => {
    const index = parameter.values.indexOf(x);
    const input = byId(`choose-${parameter.name}`);
    if (index < 0 || !input) return;
    input.value = index;
    input.dispatchEvent(new Event("input"));
  };
  const told = (point) => parameter.titles[parameter.values.indexOf(point.x)];
  const { title, logarithmic, values } = parameter;
  return { title, logarithmic, ticks, told, picked, mark: values[chosen(parameter)] };
}

function certificateCurves(study) {
  const parameter = axisOf(study);
  const found = parameter.values
    .map((x, index) => ({ x, point: pointOf(study, { [parameter.name]: index }) }))
    .filter(({ point }) => point !== undefined);
  return study.quantities
    .filter(({ panel }) => panel && found.length)
    .map((quantity) => ({
      ...quantity,
      points: found.map(({ x, point }) => ({ x, networks: study.networks[point], ...spread(study, quantity.column, point) })),
    }));
}

// Settings of the methods: of this study, or of one on the same data, network, training and size of forget set.
function waysOf(study, point) {
  if (study.measure === "recovery") {
    const wanted = Object.fromEntries(controlled(study).map((p) => [p.name, String(p.values[chosen(p)])]));
    return { study, points: matching(study, wanted) };
  }
  if (point === undefined || !study.homes[point]) return undefined;
  const { network, training, forget_size: size } = setting(study, point);
  for (const other of studies.filter(({ measure }) => measure === "recovery")) {
    const same = matching(other, { network, training, forget_size: size });
    const points = same.filter((index) => other.homes[index] === study.homes[point]);
    if (points.length) return { study: other, points };
  }
  return undefined;
}

function matching(study, wanted) {
  const fits = (values) => Object.entries(wanted).every(([name, value]) => values[name] === value);
  return study.points.map((_, point) => point).filter((point) => fits(setting(study, point)));
}

// Each way to forget with its points in the order of steps; marked is the one at the chosen number of steps.
function groupWays({ study, points }, steps) {
  const groups = new Map();
  for (const point of points) {
    const { way, steps: made } = setting(study, point);
    if (!groups.has(way)) groups.set(way, []);
    groups.get(way).push({ point, steps: Number(made) });
  }
  return [...groups].map(([way, found]) => {
    const iterative = found.some(({ steps: made }) => made > 0);
    found.sort((a, b) => a.steps - b.steps);
    const marked = found.find(({ steps: made }) => !iterative || made === steps)?.point;
    return { way, ...study.ways[way], points: found, iterative, marked };
  });
}

const WAY_DASHES = ["solid", "dash", "dashdot", "longdash", "longdashdot"];

// Lines of one colour, NegGrad+ with several β, are told apart by their dashes.
function dashOf(ways, way) {
  const alike = ways.filter(({ colour, iterative }) => iterative && colour === way.colour);
  return WAY_DASHES[Math.max(alike.indexOf(way), 0) % WAY_DASHES.length];
}

// What costs nothing has no place on a logarithmic axis: it is a level across it.
function wayCurves(study, ways) {
  const cost = (point) => spread(study, "gradients", point).median;
  const costs = ways.flatMap(({ points }) => points.map(({ point }) => cost(point))).filter((x) => x > 0);
  const ends = [Math.min(...costs), Math.max(...costs)];
  const lookOf = (way) => {
    const level = way.points.every(({ point }) => cost(point) === 0);
    return { level, dash: level ? "dash" : dashOf(ways, way) };
  };
  return study.quantities.filter(({ panel }) => panel).flatMap(({ column, panel }) =>
    ways.map((way) => ({
      ...way,
      panel,
      ...lookOf(way),
      points: way.points.flatMap(({ point, steps }) =>
        (cost(point) > 0 ? [cost(point)] : ends).map((x) => ({
          x,
          steps,
          cost: cost(point),
          marked: way.iterative && point === way.marked,
          networks: study.networks[point],
          ...spread(study, column, point),
        })),
      ),
    })),
  );
}

function sentence(study, point) {
  const told = Object.fromEntries(study.parameters.map((p) => [p.name, chosenTitle(p)]));
  const plainly = new Set(["network", "training", "start", "forget_size", "fraction", "way", "steps"]);
  const swept = study.parameters.filter(({ name }) => !plainly.has(name));
  const where = swept.map((parameter) => `${parameter.title}: ${chosenTitle(parameter)}`).join("; ");
  const points = told.forget_size === "1" ? "one sample" : `${told.forget_size} samples`;
  const samples = told.samples ?? study.samples;
  const of = samples ? ` of ${samples}` : "";
  const data = `Data: ${study.data}${where ? ` (${where})` : ""}, experiment ${study.experiment}.`;
  if (study.measure === "recovery") return `Ways to forget ${points}${of} by the network “${told.network}”. ${data}`;
  const from = told.start ? `, ${told.start}` : "";
  const step = `one ascent step of ${told.fraction} × the prescribed length${from}`;
  const what = `The network “${told.network}” after ${step}, to forget ${points}${of}. ${data}`;
  return `${what} ${point === undefined ? "" : measured(study, point)}`;
}

function measured(study, point) {
  const value = (column) => (study.values[column] ? brief(spread(study, column, point).median) : "not measured");
  const networks = study.networks[point];
  const replicates = study.replicates[point];
  const sets = networks / replicates;
  const each = Number.isInteger(sets) ? ` with ${sets} forget ${sets === 1 ? "set" : "sets"} each` : "";
  const over = `Lines are medians over ${networks} unlearned networks (${replicates} replicates, that is independent draws${each}), bands their 10–90 % range.`;
  const bound = study.values.restored_bound ? ` (bound ${value("restored_bound")})` : "";
  const star = study.values.tau_star ? `; an exact KKT point of the retained samples’ problem is at τ* = ${value("tau_star")}` : "";
  const certificate = `At the dotted upright line ε = ${value("epsilon")}${bound}, δ = ${value("delta")}, τ = ${value("tau")}${star}.`;
  const before = value("distance_retrained_original");
  const retrained = study.values.distance_retrained
    ? ` The retrained network is at 1 − cosine ${value("distance_retrained")}, with nothing done at ${before}.`
    : "";
  return `${certificate}${retrained} ${over}`;
}

function showCertificate(study, point) {
  const curves = study.measure === "recovery" ? [] : certificateCurves(study);
  byId("certificate").hidden = !curves.length;
  if (!curves.length) return;
  const axis = horizontal(study);
  draw(byId("certificate-panels"), study.panels, curves, axis);
  byId("certificate-table").hidden = point === undefined;
  if (point !== undefined) certificateTable(study, point);
  certificateNumbers(axis, curves);
}

function showWays(study, point) {
  const found = waysOf(study, point);
  byId("ways").hidden = !found;
  if (!found) return undefined;
  const all = parameterOf(found.study, "steps");
  const counts = [...new Set(found.points.map((index) => Number(setting(found.study, index).steps)))].filter((n) => n > 0);
  const steps = { ...all, values: counts.sort((a, b) => a - b), titles: counts.map(String) };
  const host = byId("ways-parameters");
  if (host.dataset.steps !== counts.join()) {
    host.replaceChildren(...(counts.length > 1 ? [slider(steps, update)] : []));
    host.dataset.steps = counts.join();
  }
  const made = counts.length ? steps.values[chosen(steps)] : 0;
  const ways = groupWays(found, made);
  const axis = {
    title: "cost in gradients of one sample",
    logarithmic: true,
    legend: byId("ways-legend"),
    told: (shown) => `${full(shown.cost)}${shown.steps ? `, ${shown.steps} steps` : ""}`,
  };
  const networks = found.study.networks[found.points[0]];
  const replicates = found.study.replicates[found.points[0]];
  byId("ways-sentence").textContent =
    `Experiment ${found.study.experiment}: each way to forget against its cost, medians and 10–90 % bands (none is drawn for NegGrad+) over ${networks} ` +
    `networks (${replicates} replicates). Gradient methods are lines over their number of steps; the larger marks are at ${made} steps.`;
  draw(byId("ways-panels"), found.study.panels, wayCurves(found.study, ways), axis);
  waysTable(found.study, ways, made);
  waysNumbers(found.study, ways);
  return counts.length > 1 ? steps : undefined;
}

function update() {
  const { study } = state;
  const point = study.measure === "recovery" ? undefined : pointOf(study);
  const missing = study.measure !== "recovery" && point === undefined;
  byId("sentence").textContent = sentence(study, point);
  byId("missing").hidden = !missing;
  byId("missing").textContent = missing ? "No unlearned network of this experiment has just these settings: change one of them." : "";
  showCertificate(study, point);
  writeAddress(showWays(study, point));
}

function begin() {
  dataChoices((study) => {
    state.study = study;
    begin();
  });
  parameterChoices(update);
  byId("ways-parameters").dataset.steps = "";
  update();
}

if (studies.length) {
  byId("shown").hidden = false;
  readAddress();
  begin();
  window.addEventListener("hashchange", () => {
    readAddress();
    begin();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
} else {
  byId("none").hidden = false;
}
