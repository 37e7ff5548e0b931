/** The surroundings made from one seed, for tests and simulations. */
export { FakeClock, settle } from "./fake-clock.ts";
export { type DiskOperation, FakeDisk } from "./fake-disk.ts";
export { FakeNetwork, type Weather } from "./fake-network.ts";
export { between, fakeRandom } from "./fake-random.ts";
