// What the report uses of D3: scales with round ticks, lines, and stacks of figures. None of it touches the document.
export { extent, max, sum } from "d3-array";
export { scaleBand, scaleLinear, scalePoint } from "d3-scale";
export { line } from "d3-shape";
