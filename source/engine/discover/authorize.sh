# Lets a key in, as ssh-copy-id does: one line at the end of ~/.ssh/authorized_keys. Asks for: $key, a line of a .pub file.
# shellcheck disable=SC2086,SC2154 # several words; set by whoever sends this
set -f
cd && umask 077 && mkdir -p .ssh || exit 1
words() { printf '%s\n' "$2"; }
file=.ssh/authorized_keys
if grep -v '^[[:space:]]*#' "$file" 2>/dev/null | grep -qF -e "$(words $key)"; then
  echo there
else
  { [ -z "$(tail -c 1 "$file" 2>/dev/null)" ] || echo >> "$file"; } && printf '%s\n' "$key" >> "$file" || exit 1
  echo added
fi
# sshd looks at neither where others could write to it.
chmod go-w .ssh "$file" || exit 1
if command -v restorecon >/dev/null; then restorecon -F .ssh "$file"; fi
