// Values that know who has read them. An effect runs again when one of them changes, until its owner is aborted.

let reader = null; // the effect that runs now
let owner = null; // the AbortSignal that ends what is made now

/** Return a value with `.value` to read (and follow) and write, and `.peek()` to read without following. */
export function signal(first) {
  let value = first;
  const readers = new Set();
  return {
    get value() {
      if (reader) {
        readers.add(reader);
        reader.sources.add(readers);
      }
      return value;
    },
    set value(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const one of [...readers]) if (readers.has(one)) one.run();
    },
    peek: () => value,
  };
}

/** Run now, and again whenever a signal that was read has changed. What it makes is ended before each new run. */
export function effect(run) {
  const until = owner;
  const self = { sources: new Set(), made: null, run: again };
  const forget = () => {
    for (const readers of self.sources) readers.delete(self);
    self.sources.clear();
    self.made?.abort();
  };
  function again() {
    forget();
    if (until?.aborted) return;
    self.made = new AbortController();
    const [readerBefore, ownerBefore] = [reader, owner];
    [reader, owner] = [self, self.made.signal];
    try {
      run();
    } finally {
      [reader, owner] = [readerBefore, ownerBefore];
    }
  }
  until?.addEventListener("abort", forget, { once: true });
  again();
}

/** Return a signal that is what `make` returns, kept up to date. */
export function computed(make) {
  const made = signal();
  effect(() => {
    made.value = make();
  });
  return made;
}

/** Run once so that what it makes ends with `until`, an AbortSignal, and return what it returns. */
export function within(until, run) {
  const [readerBefore, ownerBefore] = [reader, owner];
  [reader, owner] = [null, until];
  try {
    return run();
  } finally {
    [reader, owner] = [readerBefore, ownerBefore];
  }
}

/** Return the AbortSignal of what is made now; null outside of everything. */
export function currentOwner() {
  return owner;
}
