/** What lies where in the data directory, for those who share it. Pure. */

/** What is only of use to the running process. It is emptied when the directory is taken by the next one. */
export const temporaryIn = (dataDir: string): string => `${dataDir}/tmp`

/** Copies of the runtime files of sandboxes, one a version. */
export const runtimesIn = (dataDir: string): string => `${dataDir}/runtime`
