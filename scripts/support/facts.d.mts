export interface Installation {
  readonly path: string
  readonly version: string
}
export declare const installations: (name: string, directory?: string) => ReadonlyArray<Installation>
export declare const shellLines: (markdown: string) => ReadonlyArray<string>
export declare const namedScripts: (markdown: string) => ReadonlyArray<string>
export interface ShownCommand {
  readonly command: string
  readonly flags: ReadonlyArray<string>
}
export declare const shownCommands: (markdown: string) => ReadonlyArray<ShownCommand>
export declare const documents: () => ReadonlyArray<readonly [path: string, text: string]>
export declare const brokenLinks: (path: string, markdown: string) => ReadonlyArray<string>
