type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Leaves out what has no value: an element with nothing to say is not written. */
export const given = <T extends object>(elements: T): Given<T> =>
  Object.fromEntries(
    Object.entries(elements).filter(([, value]) => value !== undefined),
  ) as Given<T>;
