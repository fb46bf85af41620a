// What is chosen: kept by the text of each value, so that a choice stays where another study has it too,
// and written to the address, so that a view can be passed on.

const { studies, band } = JSON.parse(document.getElementById("tables").textContent);
for (const study of studies) {
  study.lookup = new Map(study.points.map((numbers, point) => [numbers.join(), point]));
}

const FIRST = { network: "two_layer", start: "exact", fraction: "1" };
const IN_WAYS = new Set(["way", "steps"]); // of the methods' own section
const LOGARITHMIC = "logarithmic";
const LINEAR = "linear";
const state = { study: studies[0], at: {}, along: "", scale: LOGARITHMIC };

const byId = (id) => document.getElementById(id);
const parameterOf = (study, name) => study.parameters.find((parameter) => parameter.name === name);
const numberOf = (parameter, text) => parameter.values.findIndex((value) => String(value) === text);

function chosen(parameter) {
  for (const text of [state.at[parameter.name], FIRST[parameter.name]]) {
    const number = numberOf(parameter, text);
    if (number >= 0) return number;
  }
  return parameter.name === "steps" ? parameter.values.length - 1 : 0;
}

const chosenTitle = (parameter) => parameter.titles[chosen(parameter)];
const controlled = (study) => study.parameters.filter(({ name }) => !IN_WAYS.has(name));

// Parameters that can be the horizontal axis, the step first: it is what the reader sets.
function axes(study) {
  if (study.measure === "recovery") return [];
  const many = study.parameters.filter(({ numeric, values }) => numeric && values.length > 1);
  const found = many.length ? many : study.parameters.filter(({ name }) => name === "fraction");
  return [...found].sort((a, b) => (b.name === "fraction") - (a.name === "fraction"));
}

const axisOf = (study) => axes(study).find(({ name }) => name === state.along) ?? axes(study)[0];

// Row of the setting that is chosen, with other values of some parameters; undefined where there is none.
function pointOf(study, others = {}) {
  const numbers = study.parameters.map((parameter) => others[parameter.name] ?? chosen(parameter));
  return study.lookup.get(numbers.join());
}

function readAddress() {
  const told = new URLSearchParams(location.hash.slice(1));
  const study = studies.find(
    ({ experiment, measure }) => experiment === told.get("experiment") && measure === told.get("measure"),
  );
  state.study = study ?? studies[0];
  for (const { name } of state.study.parameters) if (told.has(name)) state.at[name] = told.get(name);
  if (told.has("steps")) state.at.steps = told.get("steps");
  state.along = told.get("along") ?? "";
  state.scale = told.get("scale") === LINEAR ? LINEAR : LOGARITHMIC;
}

// Browsers refuse to be told of a new address at every move of a slider.
const REST = 200; // milliseconds
let writing = 0;

function writeAddress(steps) {
  const { study } = state;
  const told = new URLSearchParams({ experiment: study.experiment, measure: study.measure });
  for (const parameter of controlled(study)) {
    if (parameter.values.length > 1) told.set(parameter.name, String(parameter.values[chosen(parameter)]));
  }
  if (steps) told.set("steps", String(steps.values[chosen(steps)]));
  if (axisOf(study)) told.set("along", axisOf(study).name);
  if (state.scale === LINEAR) told.set("scale", LINEAR);
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, "", `#${told}`), REST);
}

// Elements with text, never with markup: names are the user's own.
function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function control(id, title, input) {
  const made = element("div", "", { class: "control" });
  made.append(element("label", title, { for: id }), input);
  return made;
}

function fillSelect(select, options, value) {
  select.replaceChildren(...options.map(([key, title]) => element("option", title, { value: key })));
  select.value = value;
  return select;
}

function choice(id, title, options, value, change) {
  const select = fillSelect(element("select", "", { id }), options, value);
  select.addEventListener("change", () => change(select.value));
  return control(id, title, select);
}

function choiceOf(parameter, change) {
  const options = parameter.titles.map((title, number) => [String(number), title]);
  const pick = (number) => { state.at[parameter.name] = String(parameter.values[number]); change(); };
  return choice(`choose-${parameter.name}`, parameter.title, options, String(chosen(parameter)), pick);
}

function slider(parameter, change) {
  const id = `choose-${parameter.name}`;
  const most = parameter.values.length - 1;
  const input = element("input", "", { id, type: "range", min: 0, max: most, step: 1 });
  const output = element("output", "", { for: id });
  const tell = () => {
    output.textContent = chosenTitle(parameter);
    input.setAttribute("aria-valuetext", chosenTitle(parameter));
  };
  input.value = chosen(parameter);
  input.addEventListener("input", () => {
    state.at[parameter.name] = String(parameter.values[Number(input.value)]);
    tell();
    change();
  });
  tell();
  const made = control(id, parameter.title, input);
  made.querySelector("label").append(" ", output);
  return made;
}

function dataChoices(change) {
  const sources = [...new Set(studies.map(({ data }) => data))];
  const { data } = state.study;
  fillSelect(byId("choose-source"), sources.map((name) => [name, name]), data);
  const own = studies.flatMap((study, number) => (study.data === data ? [[String(number), study]] : []));
  const titles = own.map(([number, { experiment, title }]) => [number, `${experiment}: ${title}`]);
  fillSelect(byId("choose-study"), titles, String(studies.indexOf(state.study)));
  byId("choose-source").onchange = ({ target }) => change(studies.find((study) => study.data === target.value));
  byId("choose-study").onchange = ({ target }) => change(studies[Number(target.value)]);
}

function parameterChoices(change) {
  const { study } = state;
  const many = controlled(study).filter(({ values }) => values.length > 1);
  const fixed = controlled(study).filter(({ values }) => values.length === 1);
  const made = many.map((parameter) => (parameter.numeric ? slider : choiceOf)(parameter, change));
  const possible = axes(study);
  if (possible.length > 1) {
    const options = possible.map(({ name, title }) => [name, title]);
    const pick = (name) => { state.along = name; change(); };
    made.push(choice("choose-along", "horizontal axis", options, axisOf(study).name, pick));
  }
  const pick = (scale) => { state.scale = scale; change(); };
  const scales = [LOGARITHMIC, LINEAR].map((scale) => [scale, scale]);
  made.push(choice("choose-scale", "vertical axes", scales, state.scale, pick));
  const told = fixed.map((parameter) => `${parameter.title}: ${chosenTitle(parameter)}`);
  const note = element("p", `The same in all of this experiment: ${told.join("; ")}.`, { class: "fixed" });
  byId("parameters").replaceChildren(...made, ...(told.length ? [note] : []));
}
