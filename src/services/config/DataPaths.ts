/** Paths in the data directory that several parts use. Pure. */

/** Files that only the running process needs. The next owner empties this directory. */
export const temporaryIn = (dataDir: string): string => `${dataDir}/tmp`

/** Copies of the runtime files of sandboxes, one a version. */
export const runtimesIn = (dataDir: string): string => `${dataDir}/runtime`

/** What installs have left, to be used again: one file a key. Only we may enter the directory. */
export const dependenciesIn = (dataDir: string): string => `${dataDir}/dependencies`

/** A note for each sandbox that waits for a session to come, by its id. */
export const waitingIn = (dataDir: string): string => `${dataDir}/waiting`

/** The objects of repositories for containers that waited for a session: a directory a session. Only we may enter it. */
export const linkedObjectsIn = (dataDir: string): string => `${dataDir}/objects`
