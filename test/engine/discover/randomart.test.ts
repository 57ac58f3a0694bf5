import { expect, it } from 'vitest';
import { randomart } from '../../../source/engine/discover/randomart.js';

// Drawn by ssh-keygen -lv.
it.each([
  [
    'AAAAC3NzaC1lZDI1NTE5AAAAINdAGL7Bkn9GAJCk4FegwKVdfWlcwTsUamI2leZOyaQE',
    `
+--[ED25519 256]--+
| .=o    .  .o==+o|
| o .o. . .  .+**=|
|    ...   . o+=EO|
|    .      o.. oB|
|     +  S   . oo |
|    = o  o   . . |
|   . o +..       |
|    . + ...      |
|     . .....     |
+----[SHA256]-----+`,
  ],
  [
    'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPJ3yD9dJSEBl/fircoOnosPGOkAn9NO4MkbUjYcipZ/Ay8g35/5JjW2smjZ9KhzjHKIratpisXQNElVjJt99NY=',
    `
+---[ECDSA 256]---+
|      ..E.       |
|     . =*.  .    |
|      ooo+ + .   |
|       .  + +    |
|        S. +     |
|         .+oB    |
|         .+@+=   |
|      . ..*BXo.  |
|     ..o+=*O+o.  |
+----[SHA256]-----+`,
  ],
  [
    'AAAAB3NzaC1yc2EAAAADAQABAAABAQCz+VPjtS5zNB0/I5vtWrxzR1UXRn8MwLvFNEMKn7uLjJ8D7jPCuFknvGHyC7vJwmlq3kuzysnBRTHYwvxXmFQzw/AZHL5eVwbF/I99SyMjdeTMobkxUWZ6PCFjxW6W6EfLa6WnawWh8wymMPWTGPBsYC3qkylAW6QmjozVO1hnXvVOI2Y1V54huNxWbWw1DHleGfaMyuyjo+AIVzmLQzDphnH3Z/My6ExoGMs7qxCDe4KtVgBIZdZhumY69pkU2oSFmNZuS/xMSCVftiyDLSQMBUfAhIMJO1Wl19tw2b/JXbXvfUlEWu0zBBqNnRWeAHsC6eEMCoCQWk3/WZBXyzmx',
    `
+---[RSA 2048]----+
|         .o.=oo==|
|         . o .o+E|
|          o    .%|
|           o ..=*|
|        S . +.=oo|
|         . . *.=o|
|          . o ++O|
|           o o.*+|
|            .o=o.|
+----[SHA256]-----+`,
  ],
])('draws %.20s… as OpenSSH does', (base64, picture) => {
  expect(randomart(Buffer.from(base64, 'base64')).join('\n')).toBe(picture.trim());
});
