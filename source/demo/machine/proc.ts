import type { Machine } from './machine.js';

/** The kernel counts in hundredths of a second. */
const TICKS = 100;

/** The files of /proc that tell of the moment. The load is made up: calm, with a wave to it. */
export async function proc(machine: Machine): Promise<void> {
  const { fs, hardware } = machine;
  // Machines are not in step with each other.
  const phase = [...machine.name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const load = () => (hardware.cpus * (12 + 8 * Math.sin(Date.now() / 9000 + phase) + (machine.cluster ? 6 : 0))) / 100;
  let [busy, idle, last] = [4000, 30_000, Date.now()];
  await fs.live('/proc/stat', () => {
    const ticks = ((Date.now() - last) / 1000) * TICKS;
    last = Date.now();
    busy += ticks * load();
    idle += ticks * (hardware.cpus - load());
    return `cpu  ${Math.round(busy)} 0 0 ${Math.round(idle)} 0 0 0 0 0 0\n`;
  });
  await fs.live(
    '/proc/loadavg',
    () => `${load().toFixed(2)} ${(load() * 0.8).toFixed(2)} ${(load() * 0.6).toFixed(2)} 1/142 731\n`,
  );
  await fs.live('/proc/uptime', () => `${machine.uptimeSeconds.toFixed(2)} ${(machine.uptimeSeconds * 1.8).toFixed(2)}\n`);
  await fs.live('/proc/meminfo', () => {
    const used = 110 + machine.pods().length * 60;
    const free = Math.max(64, hardware.memoryMiB - used);
    return `MemTotal:       ${hardware.memoryMiB * 1024} kB\nMemFree:        ${Math.round(free * 0.9) * 1024} kB\nMemAvailable:   ${free * 1024} kB\nSwapTotal:        998396 kB\n`;
  });
}
