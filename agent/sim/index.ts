export type { Surroundings } from "./machine.ts";
export { Simulation, type SimulationOptions } from "./simulation.ts";
export type { NetworkFaults } from "./weather.ts";
