// The page put together: what can be chosen at its top, its parts, theme and print.

function controls(form) {
  const title = (alignment) => `${alignment.id}: ${alignment.kinds.health} and ${alignment.kinds.council}`;
  const alignment = h("select", { id: "alignment", onchange: (event) => change({ alignment: event.target.value }) }, [...ALIGNMENTS.values()].map((one) => h("option", { value: one.id }, title(one))));
  const years = h("select", { id: "year", onchange: (event) => change({ year: event.target.value }) });
  const yearLabel = h("label", {}, "Year of money ", years);
  const choice = (name, legend, options) => h("fieldset", {}, h("legend", {}, legend), options.map(([value, text]) => h("label", {}, h("input", { type: "radio", name, value, onchange: () => change({ [name]: value }) }), h("span", {}, text))));
  const side = choice("side", "Bodies on the map", [["health", "NHS"], ["council", "Councils"]]);
  form.append(
    h("label", {}, "Boundaries ", alignment),
    choice("basis", "Weighed by", [["people", "people"], ["area", "area"]]),
    side,
    choice("colour", "Map coloured by", [["class", "class"], ["flags", "flags"], ["outside", "pounds outside"]]),
    yearLabel);
  form.addEventListener("submit", (event) => event.preventDefault());
  const sync = () => {
    alignment.value = state.alignment;
    for (const input of form.querySelectorAll("input[type=radio]")) input.checked = state[input.name] === input.value;
    const lacking = { people: "This alignment has no population", area: "The layers of this alignment have no shapes" };
    for (const [basis, why] of Object.entries(lacking)) {
      const input = form.querySelector(`input[name=basis][value=${basis}]`);
      input.disabled = !current()[basis === "people" ? "people" : "land"];
      input.parentElement.title = input.disabled ? why : "";
    }
    const list = yearsOf(state.alignment);
    years.replaceChildren(...list.map((year) => h("option", { value: year }, year)));
    if (state.year) years.value = state.year;
    yearLabel.hidden = list.length < 2;
  };
  watch(["alignment", "basis", "side", "colour", "year"], sync);
  sync();
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

let explored = null;

/** Every map again. */
function again(paper = false) {
  explored.draw(paper);
  redrawStills(paper);
}

function start() {
  const first = ALIGNMENTS.keys().next().value;
  if (first === undefined) {
    document.querySelector("main").replaceChildren(h("p", { class: "notice" }, "This run has no alignment, so there is nothing to compare."));
    return;
  }
  change({ alignment: first });
  const parts = { wrong, headline, map: atlas, places, money, mergers, flags, sources };
  controls(document.getElementById("controls"));
  const contents = document.getElementById("contents");
  for (const [id, part] of Object.entries(parts)) {
    const section = document.getElementById(id);
    const made = part(section.querySelector(".body"));
    if (id === "map") explored = made;
    contents.append(h("li", {}, h("a", { href: `#${id}` }, section.querySelector("h2").textContent.replace(/\?$/, ""))));
  }
  theme(document.getElementById("theme"));
  document.getElementById("print").addEventListener("click", () => window.print());
  window.addEventListener("beforeprint", () => again(true));
  window.addEventListener("afterprint", () => again());
  window.addEventListener("resize", () => redrawStills());
  // Places that are open follow what was chosen at the top.
  watch(["basis", "year"], () => document.querySelectorAll("details.place[open]").forEach((section) => section.fillNow()));
  const opened = () => {
    const id = decodeURIComponent(window.location.hash.slice(1));
    if (id.startsWith("place-")) openPlace(id.slice("place-".length));
  };
  window.addEventListener("hashchange", opened);
  opened();
  document.documentElement.dataset.ready = "yes";
}

start();
