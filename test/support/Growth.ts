/** How the work of a function grows with its input. */

/** CPU time of this process, in microseconds: a busy machine makes it no longer. */
const used = (work: () => unknown): number => {
  const before = process.cpuUsage()
  work()
  const { system, user } = process.cpuUsage(before)
  return user + system
}

const least = (work: () => unknown): number => Math.min(...Array.from({ length: 3 }, () => used(work)))

/** Work of so little is not looked at: it is noise. */
const little = 3_000

/** Between the 8 of work that grows like its input and the 64 of work that grows like its square. */
const limit = 24

/** Whether an input eight times as long makes not much more than eight times the work. `size` is the shorter one's. */
export const isLinear = (work: (size: number) => unknown, size: number): boolean => {
  const long = () => work(size * 8)
  return used(long) < limit * little || least(long) < limit * Math.max(little, least(() => work(size)))
}
