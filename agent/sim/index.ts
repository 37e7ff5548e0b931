export { Simulation, type SimulationOptions, type Surroundings } from "./simulation.ts";
export type { NetworkFaults } from "./weather.ts";
