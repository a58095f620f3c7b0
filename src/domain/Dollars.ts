/** Adds amounts of money, of which binary fractions have more digits than anybody paid: 0.1 + 0.2 is 0.3. */

/** A part of a dollar that no price is smaller than: tokens cost a few hundred-millionths each. */
const parts = 1e10

/** The amount that a person would write, to ten places. */
export const exact = (usd: number): number => Math.round(usd * parts) / parts

export const plus = (a: number, b: number): number => exact(a + b)
