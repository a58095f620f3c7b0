// Results as people read them.

const number = (value) => {
  if (!Number.isFinite(value)) return "-"
  const size = Math.abs(value)
  return size >= 100 ? String(Math.round(value)) : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

const reachText = ({ reach, unit }) => {
  if (reach === undefined) return ""
  return [
    ...(reach.ratio === undefined ? [] : [`${reach.ratio} x`]),
    ...(reach.over === undefined ? [] : [`+${reach.over} ${unit}`]),
    ...(reach.limit === undefined ? [] : [`${reach.limit} ${unit}`])
  ].join(", ")
}

const spread = ({ runs, spread }) => runs.length < 2 ? "" : ` ±${Math.round(spread * 50)} %`

const cells = (row) => [
  row.name,
  `${number(row.ours.median)} ${row.unit}${spread(row.ours)}`,
  row.floor === undefined ? "" : `${number(row.floor.median)}${spread(row.floor)}`,
  row.ratio === undefined ? "" : number(row.ratio),
  reachText(row),
  row.ok === undefined ? "" : row.ok ? "yes" : "no"
]

export const headings = ["case", "ours", "floor", "ours ÷ floor", "reach", "reached"]

/** The rows of a case as lines under each other, with what was noted. */
export const table = (rows) => {
  const lines = rows.map(cells)
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column].length), 0))
  return lines
    .map((line, index) => {
      const text = line.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()
      return rows[index].note === undefined ? text : `${text}\n    ${rows[index].note}`
    })
    .join("\n")
}

const line = (texts) => `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`

/** The table of `docs/performance.md`. */
export const markdown = ({ cases, cores, date, node, small, commit }) => {
  const rows = cases.flatMap(({ rows = [] }) => rows)
  const left = cases.filter(({ skipped }) => skipped !== undefined)
  return [
    `Measured on ${date.slice(0, 10)} at ${commit}, node ${node}, ${cores} cores${small ? ", in the small form" : ""}.`,
    "",
    line(headings),
    line(headings.map(() => "---")),
    ...rows.map((row) => line(cells(row))),
    ...(left.length === 0 ? [] : ["", ...left.map(({ name, skipped }) => `Not measured: ${name} (${skipped}).`)])
  ].join("\n")
}
