export interface Summary {
  readonly runs: ReadonlyArray<number>
  readonly minimum: number
  readonly median: number
  readonly maximum: number
  readonly spread: number
}

export interface Reach {
  readonly ratio?: number
  readonly over?: number
  readonly limit?: number
}

export interface Measurement {
  readonly name: string
  readonly unit: string
  readonly better?: "lower" | "higher"
  readonly ours: ReadonlyArray<number>
  readonly floor?: ReadonlyArray<number>
  readonly reach?: Reach
  readonly note?: string
}

export interface Row {
  readonly name: string
  readonly unit: string
  readonly better: "lower" | "higher"
  readonly ours: Summary
  readonly floor?: Summary
  readonly ratio?: number
  readonly reach?: Reach
  readonly ok?: boolean
  readonly note?: string
}

export declare const percentile: (numbers: ReadonlyArray<number>, share: number) => number
export declare const median: (numbers: ReadonlyArray<number>) => number
export declare const summary: (runs: ReadonlyArray<number>) => Summary
export declare const evaluate: (measurement: Measurement) => Row
