// What the labels of tracks are called. The names are English: none needs another one.
export const labels = {
  names: {} as Readonly<Record<string, string>>,
  of: (title: string): string => `How ${title} sounds`,
  add: (name: string): string => `Make the list from “${name}” too, or no longer.`,
  unmeasured: "unmeasured",
  unmeasuredTold: "Unmeasured: how well this label is found has not been checked.",
};
