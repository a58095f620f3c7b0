export declare const root: string
export declare const inRoot: (...path: ReadonlyArray<string>) => string
/** Absolute paths. */
export declare const buildSources: () => ReadonlyArray<string>
