// Numbers of several runs, and what they add up to. Pure.

const sorted = (numbers) => [...numbers].sort((a, b) => a - b)

/** The smallest number that at least this share (0 to 1) of the numbers does not exceed; NaN of none. */
export const percentile = (numbers, share) => {
  if (numbers.length === 0) return NaN
  const rank = Math.ceil(share * numbers.length)
  return sorted(numbers)[Math.min(numbers.length, Math.max(1, rank)) - 1]
}

/** The middle number, or the mean of the two middle ones; NaN of none. */
export const median = (numbers) => {
  if (numbers.length === 0) return NaN
  const ordered = sorted(numbers)
  const half = Math.floor(ordered.length / 2)
  return ordered.length % 2 === 1 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2
}

/** Minimum, median, and the spread: the distance of the largest from the smallest as a share of the median. */
export const summary = (runs) => {
  const [least, middle, most] = [Math.min(...runs), median(runs), Math.max(...runs)]
  return { runs, minimum: least, median: middle, maximum: most, spread: middle === 0 ? 0 : (most - least) / middle }
}

/**
 * How many times the floor's cost ours is, so that 2 is twice as slow whatever the unit counts. Undefined where there is
 * no floor, or one that costs nothing.
 */
const ratioOf = ({ better, floor, ours }) => {
  if (floor === undefined || floor.median === 0 || ours.median === 0) return undefined
  return better === "higher" ? floor.median / ours.median : ours.median / floor.median
}

/**
 * Whether ours is within the reach: at most so many times the floor (`ratio`), at most so much more than the floor
 * (`over`), at most this much (`limit`), in the row's unit. Undefined where nothing was to be reached.
 */
const isReached = ({ floor, ours, reach }, ratio) => {
  if (reach === undefined) return undefined
  const conditions = [
    ...(reach.ratio === undefined ? [] : [ratio === undefined ? undefined : ratio <= reach.ratio]),
    ...(reach.over === undefined ? [] : [floor === undefined ? undefined : ours.median - floor.median <= reach.over]),
    ...(reach.limit === undefined ? [] : [ours.median <= reach.limit])
  ]
  return conditions.includes(undefined) ? undefined : conditions.every(Boolean)
}

/**
 * A row of results: `ours` and `floor` are the runs' numbers in `unit`, `better` is "lower" (the default) or "higher".
 * Adds the statistics, the ratio and whether the reach was met.
 */
export const evaluate = ({ better = "lower", floor, name, note, ours, reach, unit }) => {
  const row = { name, unit, better, ours: summary(ours), ...(floor === undefined ? {} : { floor: summary(floor) }) }
  const ratio = ratioOf(row)
  const ok = isReached({ ...row, reach }, ratio)
  return {
    ...row,
    ...(ratio === undefined ? {} : { ratio }),
    ...(reach === undefined ? {} : { reach }),
    ...(ok === undefined ? {} : { ok }),
    ...(note === undefined ? {} : { note })
  }
}
