export const get: (path: string) => Promise<unknown>
export const removeImage: (image: string) => Promise<void>
export const testBases: () => ReadonlyArray<string>
export const noImage: (image: string, bases: ReadonlyArray<string>) => string
