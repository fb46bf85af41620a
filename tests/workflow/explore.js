// What a reader finds who moves every control of the explorer through all of its values.
(async () => {
  const report = (found) => {
    if (window.parent !== window) return window.parent.postMessage(JSON.stringify(found), "*");
    const result = document.createElement("pre");
    result.id = "found";
    result.textContent = JSON.stringify(found);
    document.body.append(result);
  };
  window.addEventListener("unhandledrejection", ({ reason }) => report({ error: `${reason} ${reason.stack}` }));

  const byId = (id) => document.getElementById(id);
  // the address is written a little later
  const settle = () => new Promise((done) => setTimeout(done, 300));
  const cells = (row) => [...row.children].map((cell) => cell.textContent);
  const table = (id) =>
    byId(id).closest("[hidden]") ? [] : [...byId(id).querySelectorAll("tbody tr")].map((row) => ({ ...row.dataset, cells: cells(row) }));
  const look = () => ({
    address: location.hash.slice(1),
    sentence: byId("sentence").textContent,
    waysSentence: byId("ways").hidden ? "" : byId("ways-sentence").textContent,
    missing: !byId("missing").hidden,
    certificate: table("certificate-table"),
    diagrams: table("certificate-all"),
    ways: table("ways-table"),
    plots: document.querySelectorAll("section:not([hidden]) .plot svg.main-svg").length,
    captions: [...document.querySelectorAll("section:not([hidden]) .legend li")].length,
  });
  const set = async (input, value, kind) => {
    input.value = value;
    input.dispatchEvent(new Event(kind));
    await settle();
  };
  const inputs = () => [...document.querySelectorAll("#parameters select, #parameters input, #ways-parameters input")];
  const labelled = (input) => [...(input.labels ?? [])].map((label) => label.textContent.trim()).join();
  const values = (input) =>
    input.tagName === "SELECT"
      ? [...input.options].map(({ value }) => value)
      : Array.from({ length: Number(input.max) + 1 }, (_, index) => String(index));

  const found = { views: [], controls: {}, options: {}, errors: [] };
  const source = byId("choose-source");
  const choice = byId("choose-study");
  found.options.source = [...source.options].map(({ text }) => text);
  for (const { value: data } of [...source.options]) {
    await set(source, data, "change");
    for (const { value, text } of [...choice.options]) {
      await set(choice, value, "change");
      const view = look();
      found.views.push(view);
      found.controls[view.address.split("&").slice(0, 2).join("&")] = inputs().map((input) => [input.id, labelled(input)]);
      for (const { id } of inputs()) {
        const before = byId(id).value;
        const kind = byId(id).tagName === "SELECT" ? "change" : "input";
        for (const one of values(byId(id))) {
          await set(byId(id), one, kind);
          found.views.push({ ...look(), moved: id, text });
        }
        await set(byId(id), before, kind);
      }
    }
  }

  // an address that was written earlier, one that says nothing that there is
  const earlier = found.views.find(({ address }) => address.includes("scale=linear"));
  for (const address of [earlier.address, "experiment=%3Cb%3E&network=none&along=x&fraction=1e400"]) {
    location.hash = address;
    await settle();
    found.views.push({ ...look(), asked: address });
  }

  // the pointer on a point, and a click on it
  await set(source, source.options[0].value, "change");
  const plot = document.querySelector("#certificate .plot");
  const line = plot.data.findIndex(({ hovertext }) => hovertext);
  Plotly.Fx.hover(plot, [{ curveNumber: line, pointNumber: 0 }]);
  await settle();
  found.hover = plot.querySelector(".hoverlayer")?.textContent ?? "";
  found.hovered = table("certificate-all")[0];
  const input = byId("parameters").querySelector("input[type=range]");
  await set(input, input.max, "input");
  plot.emit("plotly_click", { points: [{ x: plot.data[line].x[0] }] });
  await settle();
  found.clicked = { ...look(), x: plot.data[line].x[0] };

  found.width = document.documentElement.clientWidth;
  found.wider = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  found.stacked = new Set([...document.querySelectorAll(".control")].map((made) => made.getBoundingClientRect().left)).size;
  found.resources = performance.getEntriesByType("resource").map(({ name }) => name);
  report(found);
})();
