// The page put together: four questions and their views, what can be chosen at the top, theme and print.

/** Questions of the page and the views that answer each: id, title, what draws it. */
const QUESTIONS = [
  { id: "summary", title: "Summary", views: [["summary", "Summary", summary]] },
  { id: "wrong", title: "What is wrong?", long: "What is wrong, for whom and how much?", views: [["parts", "Parts", parts], ["bodies", "Bodies", bodies], ["places", "Places", places], ["money", "Money", money], ["flags", "Flags", flags]] },
  { id: "where", title: "Where?", long: "Where is it?", views: [["map", "Map", atlas]] },
  { id: "help", title: "What would help?", long: "What would help?", views: [["options", "Options", options], ["mergers", "Mergers, before and after", mergers], ["proposals", "Proposals", proposals]] },
  { id: "know", title: "How do you know?", long: "How do you know?", views: [["method", "Method", method], ["rates", "How often boundaries match", rates], ["findings", "Findings about the input", findings], ["data", "Proofs, files and tables", data]] },
];
const DETAILS = { body: ["bodies", bodyView], part: ["parts", partView], place: ["places", placeView] };
/** Views that depend on the year of money. */
const DATED = ["summary", "money", "body", "place"];

/** The view that is drawn now, and what it answered. */
let now = { view: null, made: null };

function controls(form) {
  const alignments = h("select", { id: "alignment", onchange: (event) => go({ alignment: event.target.value, view: DETAILS[state.view] ? DETAILS[state.view][0] : state.view }) }, [...ALIGNMENTS.keys()].map((id) => h("option", { value: id }, alignmentTitle(id))));
  const years = h("select", { id: "year", onchange: (event) => go({ year: event.target.value }) });
  const yearLabel = h("label", {}, "Year of money", years);
  const radio = (value, text) => h("label", {}, h("input", { type: "radio", name: "basis", value, onchange: () => go({ basis: value }) }), h("span", {}, text));
  const bases = h("fieldset", {}, h("legend", {}, "Counted by"), radio("people", "people"), radio("area", "land"));
  form.append(h("label", { class: "wide" }, "Compared", alignments), bases, yearLabel);
  form.addEventListener("submit", (event) => event.preventDefault());
  return () => {
    alignments.value = state.alignment;
    for (const input of bases.querySelectorAll("input")) {
      const lacking = !current()[input.value === "people" ? "people" : "land"];
      input.checked = state.basis === input.value;
      input.disabled = lacking;
      input.parentElement.title = lacking ? (input.value === "people" ? "No population was given" : "The layers have no shapes") : "";
    }
    const known = yearsOf(state.alignment);
    years.replaceChildren(...known.map((year) => h("option", { value: year }, year)));
    if (state.year) years.value = state.year;
    yearLabel.hidden = known.length < 2 || !DATED.includes(state.view);
  };
}

function theme(button) {
  const name = () => {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", dark() ? "Switch to light colours" : "Switch to dark colours");
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    name();
    again();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    name();
    again();
  });
  name();
}

/** Every map again. */
function again(paper = false) {
  now.made?.draw?.(paper);
  redrawStills(paper);
}

const questionOf = (view) => QUESTIONS.find((one) => one.views.some(([id]) => id === (DETAILS[view]?.[0] ?? view)));

/** Draws the view that the state asks for. */
function show(changed, jump) {
  const main = document.querySelector("main");
  const question = questionOf(state.view);
  const shownView = DETAILS[state.view]?.[0] ?? state.view;
  if (now.view === state.view && now.made?.update?.(changed)) return;
  const [, title, make] = question.views.find(([id]) => id === shownView);
  const body = h("div", { class: `view view-${state.view}` });
  const heading = h("h2", { id: "view-title", tabindex: "-1" }, question.long ?? title);
  const tabs = question.views.length > 1
    ? h("nav", { class: "tabs", "aria-label": question.title }, h("ul", {}, question.views.map(([id, text]) => h("li", {}, h("a", { href: hrefOf({ view: id }), "aria-current": id === shownView ? "page" : null }, text)))))
    : "";
  main.replaceChildren(state.view === "summary" ? h("h2", { id: "view-title", class: "unseen", tabindex: "-1" }, "Summary") : heading, tabs, body);
  main.dataset.view = state.view;
  now = { view: state.view, made: (DETAILS[state.view]?.[1] ?? make)(body) };
  document.title = `${state.view === "summary" ? "" : `${document.getElementById("title")?.textContent ?? title} · `}${DATA.run.name}: boundaries and budgets`;
  if (jump) {
    document.getElementById("view-title").focus({ preventScroll: true });
    const top = document.querySelector(".contents").getBoundingClientRect().top + window.scrollY;
    if (window.scrollY > top) window.scrollTo(0, top);
  }
  if (state.view === "flags" && (state.rule || state.severity)) document.getElementById("flag-list").scrollIntoView({ block: "start" });
}

function start() {
  if (!FIRST_ALIGNMENT) {
    document.querySelector("main").replaceChildren(h("p", { class: "notice" }, "This run compares nothing: its config has no alignment, or nothing overlapped."));
    return;
  }
  const sync = controls(document.getElementById("controls"));
  const contents = document.getElementById("contents");
  const follow = () => {
    contents.replaceChildren(...QUESTIONS.map((one) => h("li", {}, h("a", { href: hrefOf({ view: one.views[0][0] }), "aria-current": one === questionOf(state.view) ? "page" : null }, one.title))));
    sync();
  };
  const arrive = (jump) => {
    const next = read(window.location.hash);
    const changed = Object.keys(next).filter((name) => next[name] !== state[name]);
    const turned = changed.some((name) => ["view", "body", "part", "place"].includes(name));
    Object.assign(state, next);
    if (jump && !changed.length) return;
    follow();
    show(changed, jump && turned && !(state.view === "map" && !changed.includes("view")));
  };
  theme(document.getElementById("theme"));
  document.getElementById("print").addEventListener("click", () => window.print());
  // The skip link goes to a part of the page and is no address of a view.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("view-title").focus();
  });
  window.addEventListener("beforeprint", () => again(true));
  window.addEventListener("afterprint", () => again());
  window.addEventListener("resize", () => redrawStills());
  window.addEventListener("hashchange", () => arrive(true));
  arrive(false);
  document.documentElement.dataset.ready = "yes";
}

start();
