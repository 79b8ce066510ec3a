// Preloaded with --import: moves the clock of the whole process by CLOCK_SHIFT seconds.
const Real = Date;
const shift = Number(process.env.CLOCK_SHIFT) * 1000;
if (!Number.isFinite(shift)) throw new Error('CLOCK_SHIFT is not a number of seconds');

globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + shift);
    else super(...args);
  }

  static now() {
    return Real.now() + shift;
  }
};
