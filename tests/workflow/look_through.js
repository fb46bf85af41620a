// What a reader finds who opens every category of the report and looks at every result in it.
(async () => {
  const report = (found) => {
    const result = document.createElement("pre");
    result.id = "found";
    result.textContent = JSON.stringify(found);
    document.body.append(result);
  };
  window.addEventListener("unhandledrejection", ({ reason }) => report({ error: `${reason} ${reason.stack}` }));

  const settle = () => new Promise((done) => setTimeout(done, 100));
  const links = (within) => [...document.querySelectorAll(`nav ${within} a`)];
  const open = async (link) => { link.click(); await settle(); };
  const entry = (name) => links("li").find((link) => link.textContent.trim() === name);
  const home = async () => { app.setView({ navbarMode: "menu", content: "rulegraph" }); await settle(); };
  const image = () => document.querySelector("#app .p-3 > img");

  const look = async (row) => {
    const [eye, details] = row.querySelectorAll("a");
    await open(eye);
    const seen = { label: row.textContent.trim(), image: null, page: null };
    if (image()) {
      while (!image().complete) await settle();
      seen.image = { source: image().src, width: image().naturalWidth };
    } else {
      seen.page = document.querySelector("#app iframe").src;
    }
    await open(details);
    seen.caption = document.querySelector("nav").innerText;
    return seen;
  };

  await settle();
  const found = {
    menu: links("li").map((link) => link.textContent.trim()),
    first: document.querySelector("#app .prose").innerText,
    claims: [...document.querySelectorAll("#app .scorecard tbody tr")].map((row) => [row.id, row.textContent]),
    graph: document.querySelector("#rulegraph canvas, #rulegraph svg") !== null,
    wider: document.documentElement.scrollWidth - window.innerWidth,
    results: {},
    linked: {},
    led: {},
  };
  for (const category of found.menu.filter((name) => /^\d/.test(name))) {
    found.results[category] = [];
    for (let index = 0; ; index++) {
      await home();
      await open(entry(category));
      const row = document.querySelectorAll("nav tbody tr")[index];
      if (!row) break;
      found.results[category].push(await look(row));
    }
  }
  // The links below the scorecard, each after another category was opened.
  const more = () => [...document.querySelectorAll("#app .prose a")].filter(({ href }) => href.includes("showCategory"));
  for (let index = 0; index < more().length; index++) {
    await home();
    await open(entry(index ? found.menu.find((name) => /^1/.test(name)) : "3 Figures"));
    await open(more()[index]);
    const [heading] = [...document.querySelectorAll("nav li a")].slice(-1);
    found.led[heading.textContent.trim()] = [...document.querySelectorAll("nav tbody tr")].map((row) => row.textContent.trim());
  }
  for (const name of found.claims.map(([id]) => id)) {
    await home();
    const link = document.getElementById(name).querySelector("a.figure");
    if (link) {
      await open(link);
      found.linked[name] = Object.keys(results).find((path) => results[path].data_uri === image().src);
    }
  }
  report(found);
})();
