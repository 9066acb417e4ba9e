// Charts. D3 has the scales, ticks and lines; the elements are made here, so that they follow the page's colours and print.

/** A chart as wide as its place: drawn again when that changes. */
function chart(label, draw) {
  const holder = h("div", { class: "chart" });
  let wide = 0;
  const again = () => {
    const width = Math.round(holder.clientWidth);
    if (!width || width === wide) return;
    wide = width;
    const drawing = draw(width);
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
    holder.replaceChildren(drawing);
  };
  new ResizeObserver(again).observe(holder);
  requestAnimationFrame(again);
  return holder;
}

/** Width of a text in a chart, about: a measure that needs no layout. */
const ruler = document.createElement("canvas").getContext("2d");
function textWidth(text, size = 12.5) {
  ruler.font = `${size}px ${FACE}`;
  return ruler.measureText(text).width;
}

/** A text on as many lines as its room wants. */
function inLines(text, room, size = 12.5) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (lines[lines.length - 1] && textWidth(longer, size) > room) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Bars of money by service, one a side: what is known, and dark what is on the wrong side of a line. */
function moneyChart(lines, sides) {
  const column = (line, side) => line[side] ?? 0;
  const words = (line, side) => {
    const across = line[`${side}Across`];
    return `${pounds(line[side])}${across ? `, ${pounds(across)} on the wrong side` : across === null ? ", on the wrong side unknown" : ""}${line[`${side}Unknown`] ? `, ${plural(line[`${side}Unknown`], "line")} unknown` : ""}`;
  };
  const label = `Money by service: ${lines.map((line) => `${serviceName(line.service)} ${sides.map((side) => `${side === "health" ? "NHS" : "councils"} ${words(line, side)}`).join("; ")}`).join(". ")}`;
  const drawing = chart(label, (width) => {
    const narrow = width < 620;
    const left = narrow ? 8 : Math.min(220, Math.max(...lines.map((line) => textWidth(serviceName(line.service)))) + 18);
    const band = 22 * sides.length + (narrow ? 34 : 14);
    const height = band * lines.length + 30;
    const texts = lines.flatMap((line) => sides.map((side) => textWidth(words(line, side), 12)));
    const beside = narrow ? 0 : Math.min(Math.max(...texts) + 12, width * 0.45);
    const x = d3.scaleLinear([0, d3.max(lines, (line) => d3.max(sides, (side) => column(line, side))) || 1], [left, width - 12 - beside]);
    const y = d3.scaleBand(lines.map((_, at) => at), [0, band * lines.length]);
    return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height },
      x.ticks(narrow ? 3 : 5).map((tick) => [s("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 0, y2: band * lines.length }), s("text", { class: "small", x: x(tick), y: height - 12, "text-anchor": tick === 0 ? "start" : "middle" }, pounds(tick).replace(/\.0+(?=bn|m)/, ""))]),
      lines.map((line, at) => s("g", {},
        narrow ? s("text", { x: left, y: y(at) + 15 }, serviceName(line.service)) : s("text", { x: left - 10, y: y(at) + band / 2 + 1, "text-anchor": "end" }, serviceName(line.service)),
        sides.map((side, nth) => {
          const top = y(at) + (narrow ? 21 : 6) + nth * 22;
          const across = line[`${side}Across`] ?? 0;
          return [
            s("rect", { class: `bar-${side}`, x: left, y: top, width: Math.max(x(column(line, side)) - left, 0.5), height: 18 }),
            across > 0 ? s("rect", { class: "bar-across", x: left, y: top, width: Math.max(x(across) - left, 1), height: 18 }) : null,
            narrow ? null : s("text", { class: "small", x: x(column(line, side)) + 8, y: top + 13 }, words(line, side)),
          ];
        }))));
  });
  const swatch = (name) => h("i", { class: name });
  return h("figure", {}, drawing, h("ul", { class: "legend" }, sides.map((side) => h("li", {}, swatch(`bar-${side}`), side === "health" ? "NHS bodies" : "Councils")), h("li", {}, swatch("bar-across"), "Of it on the wrong side of a line")));
}

/** Lines of share by tolerance: colour for the side, dashes for the definition, words below. */
function toleranceChart(series, own, kinds) {
  const tolerances = [...new Set(series.flatMap((one) => one.list.map((row) => row.equal)))].sort((a, b) => a - b);
  const drawing = chart("Share of bodies that match, by tolerance; the figures are in the table below", (width) => {
    const [height, left, right, top, bottom] = [280, 46, 16, 12, 44];
    // Evenly spaced: they grow tenfold, and the small ones matter as much.
    const x = d3.scalePoint(tolerances, [left, width - right]).padding(0.2);
    const y = d3.scaleLinear([0, 1], [height - bottom, top]);
    const path = d3.line((row) => x(row.equal), (row) => y(row.share));
    return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height },
      y.ticks(5).map((tick) => [s("line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }), s("text", { class: "small", x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, `${Math.round(tick * 100)}%`)]),
      tolerances.map((tolerance) => s("text", { class: "small", x: x(tolerance), y: height - bottom + 18, "text-anchor": "middle" }, `${figures.format(tolerance * 100)}%`)),
      tolerances.filter((tolerance) => Math.abs(tolerance - own) < 1e-12).map((tolerance) => s("line", { class: "own", x1: x(tolerance), x2: x(tolerance), y1: top, y2: height - bottom })),
      series.map(({ definition, side, list }) => {
        const points = list.filter((row) => row.share !== null).sort((a, b) => a.equal - b.equal);
        return s("g", { class: `line ${side} ${definition}` }, s("path", { d: path(points) ?? "" }), points.map((row) => s("circle", { cx: x(row.equal), cy: y(row.share), r: 3.2 })));
      }),
      s("text", { class: "small", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, "tolerance"));
  });
  const sample = ({ definition, side }) => h("li", {}, s("svg", { class: `sample line ${side} ${definition}`, viewBox: "0 0 34 14", width: 34, height: 14, "aria-hidden": "true" }, s("path", { d: "M1 7H33" })), `${capital(manyOf(kinds[side]))}, ${definition}`);
  return h("figure", {}, drawing, h("ul", { class: "legend" }, series.map(sample)));
}

/** A figure before and after as two bars. */
function beforeAfter(rowsOfBars) {
  const largest = Math.max(...rowsOfBars.map((one) => one.value ?? 0), 1e-9);
  return h("ul", { class: "pairs" }, rowsOfBars.map((one) => h("li", {}, h("span", { class: "who" }, one.title), h("span", { class: "bar", "aria-hidden": "true" }, h("i", { css: { width: `${((one.value ?? 0) / largest) * 100}%` } })), h("span", { class: "how-much" }, one.words))));
}
