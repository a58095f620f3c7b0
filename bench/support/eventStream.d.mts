export interface Seen {
  readonly events: number
  readonly last: number
  readonly bytes: number
  readonly fault: string | undefined
}

export declare const idCounter: (after: number) => {
  readonly state: Seen
  readonly push: (chunk: Buffer) => void
}
