/** A secret in a text, before it is known which line of which file that is. */
export interface Match {
  readonly rule: string
  readonly start: number
  readonly end: number
}
