import type { Row } from "./statistics.mjs"

export declare const table: (rows: ReadonlyArray<Row>) => string
export declare const markdown: (report: {
  readonly date: string
  readonly commit: string
  readonly node: string
  readonly cores: number
  readonly small: boolean
  readonly cases: ReadonlyArray<{ readonly name: string; readonly rows?: ReadonlyArray<Row>; readonly skipped?: string }>
}) => string
