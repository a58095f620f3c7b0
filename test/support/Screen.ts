/**
 * What a person sees of what a program writes to a terminal: the lines that have scrolled away and those on the screen, without
 * colours. Knows the sequences that line editors and status lines use; others are passed over.
 */
import stringWidth from "string-width"

const sequence = new RegExp(
  [
    "\\x1b\\[(?<parameters>[0-9;?]*)(?<final>[A-Za-z])",
    "\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)",
    "\\x1b[=>78]",
    "(?<control>[\\x00-\\x1f])",
    "(?<text>[^\\x00-\\x1f\\x1b])"
  ].join("|"),
  "gu"
)

class Screen {
  readonly rows: Array<Array<string>> = [[]]
  private row = 0
  private column = 0
  private readonly columns: number

  constructor(columns: number) {
    this.columns = columns
  }

  private line(): Array<string> {
    while (this.rows.length <= this.row) this.rows.push([])
    return this.rows[this.row] ?? []
  }

  put(text: string): void {
    const cells = stringWidth(text)
    if (cells === 0) return
    if (this.column + cells > this.columns) {
      this.row++
      this.column = 0
    }
    const line = this.line()
    while (line.length < this.column) line.push(" ")
    line.splice(this.column, cells, text, ...Array.from({ length: cells - 1 }, () => ""))
    this.column += cells
  }

  control(char: string): void {
    if (char === "\r") this.column = 0
    if (char === "\n") this.row++
    if (char === "\b") this.column = Math.max(0, this.column - 1)
    if (char === "\t") this.column = Math.min(this.columns - 1, (Math.floor(this.column / 8) + 1) * 8)
    this.line()
  }

  move(final: string, parameters: string): void {
    const count = Number(parameters.split(";")[0] ?? "") || 1
    if (final === "A") this.row = Math.max(0, this.row - count)
    if (final === "B") this.row += count
    if (final === "C") this.column = Math.min(this.columns - 1, this.column + count)
    if (final === "D") this.column = Math.max(0, this.column - count)
    if (final === "G") this.column = count - 1
    if (final === "K") this.erase(parameters)
    if (final === "J") {
      this.erase(parameters)
      this.rows.length = Math.min(this.rows.length, this.row + 1)
    }
    this.line()
  }

  private erase(parameters: string): void {
    const line = this.line()
    if (parameters === "" || parameters === "0") line.length = Math.min(line.length, this.column)
    if (parameters === "1") line.fill(" ", 0, this.column + 1)
    if (parameters === "2") line.length = 0
  }
}

/** The lines that stand there when all of the output has been written. */
export const screen = (output: string, columns: number): ReadonlyArray<string> => {
  const terminal = new Screen(columns)
  for (const { groups } of output.matchAll(sequence)) {
    if (groups?.["text"] !== undefined) terminal.put(groups["text"])
    else if (groups?.["control"] !== undefined) terminal.control(groups["control"])
    else if (groups?.["final"] !== undefined) terminal.move(groups["final"], groups["parameters"] ?? "")
  }
  return terminal.rows.map((cells) => cells.join("").trimEnd())
}
