/**
 * Tables that fit the terminal: columns are as wide as their widest cell, and shrink in a given order if there is no
 * room.
 */
import { pad, truncate, width } from "./TerminalText.ts"

export interface Column {
  readonly header: string
  readonly cells: ReadonlyArray<string>
  /** Styles the cell after it was fitted. */
  readonly paint?: (fitted: string, row: number) => string
}

/** One way to save room: narrow the column at this index to this width. */
export interface Shrink {
  readonly column: number
  readonly to: number
}

const gap = "  "

/** The columns' widths within `room`: each shrink, in order, gives only what is still missing. */
export const fit = (
  natural: ReadonlyArray<number>,
  room: number,
  shrinks: ReadonlyArray<Shrink>
): ReadonlyArray<number> => {
  const total = (widths: ReadonlyArray<number>) =>
    widths.reduce((sum, n) => sum + n, 0) + gap.length * (widths.length - 1)
  return shrinks.reduce<ReadonlyArray<number>>((widths, shrink) => {
    const missing = total(widths) - room
    return missing <= 0
      ? widths
      : widths.map((n, column) => column === shrink.column ? Math.min(n, Math.max(shrink.to, n - missing)) : n)
  }, natural)
}

/** The table's lines, header first. Without a width nothing is truncated. */
export const lines = (
  columns: ReadonlyArray<Column>,
  room: number | undefined,
  shrinks: ReadonlyArray<Shrink>,
  paintHeader: (text: string) => string
): ReadonlyArray<string> => {
  const natural = columns.map((column) => Math.max(width(column.header), ...column.cells.map(width)))
  const widths = room === undefined ? natural : fit(natural, room, shrinks)
  const cell = (text: string, column: number, paint: (fitted: string) => string) => {
    const columnWidth = widths[column] ?? 0
    const fitted = truncate(text, columnWidth)
    const filler = column === columns.length - 1 ? "" : pad(fitted, columnWidth).slice(fitted.length)
    return paint(fitted) + filler
  }
  const line = (cells: ReadonlyArray<string>) => cells.join(gap).trimEnd()
  const rows = Math.max(0, ...columns.map((column) => column.cells.length))
  return [
    line(columns.map((column, i) => cell(column.header, i, paintHeader))),
    ...Array.from(
      { length: rows },
      (_, row) =>
        line(
          columns.map((column, i) =>
            cell(column.cells[row] ?? "", i, (fitted) => column.paint?.(fitted, row) ?? fitted)
          )
        )
    )
  ]
}
