# How this host reaches the sources of packages and images. Changes nothing, asks as the user who logged in.
# Prints for every source `@@ name`, what came, and `@@ done` as soon as it is known. With `deep=yes` before it, it also looks at
# digests and, at the end, at how fast a bounded piece of something large comes from each: `@@ sample name bytes seconds`.
LC_ALL=C
export LC_ALL
if ! command -v curl >/dev/null; then echo '@@ no-curl'; exit 0; fi
umask 077
dir=$(mktemp -d) || exit 1
pids=
# shellcheck disable=SC2086 # several words
trap 'kill $pids 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
own_login= # for the operator's own registry, where it wants one
limit=10 # seconds for everything
end=$(($(date +%s) + limit))
left() { now=$(date +%s); if [ "$now" -lt "$end" ]; then echo $((end - now)); else echo 1; fi; }
# curl takes 80 ms of a processor to read all authorities in one file; the same ones in a folder it looks up by name.
authority=
if [ -z "${CURL_CA_BUNDLE:-}${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ]; then
  for file in /etc/ssl/certs/*.0; do if [ -e "$file" ]; then authority=$file; fi; done
fi
# Credentials in it are nobody's business.
proxy=$(printf '%s' "${https_proxy:-${HTTPS_PROXY:-${all_proxy:-${ALL_PROXY:-}}}}" | sed 's,//[^/@]*@,//,')
outcome='%{http_code} %{time_starttransfer} %{exitcode} %{url_effective} %{time_namelookup} %{time_connect} %{time_appconnect} %{ssl_verify_result} %{remote_ip} %{content_type}\n'
# ask CURL-OPTIONS...: over one connection where it can be, and no further after the first one that is not answered
ask() {
  curl -sSL --fail-early --proto "${protocols:-=https}" --connect-timeout 5 --max-time "$(left)" ${authority:+--cacert "$authority" --capath /etc/ssl/certs} "$@" 2>/dev/null
}

# repository RELEASE KEY [PACKAGES ARCH MINOR]: an apt repository
repository() {
  mine=$(mktemp -d "$dir/XXXXXX")
  set -- "$mine" "$@"
  ask --max-filesize 20000000 -w "asked $outcome" -o "$1/release" "$2" -o "$1/key" "$3" ${4:+-o "$1/packages" "$4"} > "$1/asked"
  cat "$1/asked"
  if grep -q '^-----BEGIN PGP SIGNED MESSAGE-----' "$1/release"; then echo signed; fi
  if [ -s "$1/key" ]; then echo "key $(head -c 65536 "$1/key" | base64 | tr -d '\n')"; fi
  [ -z "${4:-}" ] || gzip -dc "$1/packages" 2>/dev/null | awk -v arch="$5" '
    /^Package: / { name = $2 } /^Version: / { version = $2 } /^Architecture: / { mine = $2 == arch || $2 == "all" }
    /^Filename: / { file = $2 }
    /^$/ { if (mine && (name == "kubeadm" || name == "kubernetes-cni")) print name, version, file; name = "" }
    END { if (mine && (name == "kubeadm" || name == "kubernetes-cni")) print name, version, file }' > "$1/files"
  [ -z "${4:-}" ] || sed -n 's/^kubeadm \([^ ]*\) .*/\1/p' "$1/files" | tee "$1/versions" | sed 's/^/version /'
  # The images of a minor version are those of its newest patch.
  if [ -n "${6:-}" ]; then sed -n 's/^\([0-9.]*\)-.*/v\1/p' "$1/versions" | sort -V | tail -n 1 > "$dir/$6.part"; mv "$dir/$6.part" "$dir/$6"; fi
  if [ -n "${deep:-}" ]; then deeper_repository "$@"; fi
}
# What is signed may come by plain HTTP.
own_repository() { protocols='=https,http'; repository "$@"; }
# The clock of the site, where its certificate is refused, and something large of what it has.
deeper_repository() {
  if grep -q '^asked [0-9]* [0-9.]* 60 ' "$1/asked"; then
    echo "clock $(date +%s) $(ask -k -I "$2" | sed -n 's/^[Dd]ate: *//p' | tr -d '\r' | tail -n 1)"
  fi
  if [ -n "${4:-}" ]; then base=${4%/*}
  else
    base=${2%%/dists/*}
    ask "${2%/*}/stable/binary-$(dpkg --print-architecture)/Packages.gz" | gzip -dc 2>/dev/null | sed -n 's,^Filename: *\(.*/containerd.io_.*\),\1,p' > "$1/files"
  fi
  large=$(sed -n '/^kubeadm /! s/.* //p; /^[^ ]*$/p' "$1/files" | tail -n 1)
  if [ -n "$large" ]; then echo "$name $base/${large#./}" >> "$dir/samples"; fi
}

# file URL: one release file
file() {
  ask -I -o /dev/null -w "asked $outcome" "$1"
  if [ -n "${deep:-}" ]; then echo "$name $1" >> "$dir/samples"; fi
}

# system [URL...]: the distribution's own packages: these Release files, or those of the sources that apt has here
system() {
  mine=$(mktemp -d "$dir/XXXXXX")
  protocols='=https,http'
  if [ $# -eq 0 ]; then
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release; echo "$VERSION_CODENAME")
    # shellcheck disable=SC2016,SC2046 # the words are apt's; several of them
    set -- $(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 2>/dev/null | grep -vE 'kubernetes|k8s|docker' | sort -u |
      sed -nE "s,^(https?://.*[^/])/? ($codename(-updates|-security)?)$,\\1/dists/\\2/InRelease,p")
    if [ -z "${https_proxy:-}" ]; then eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"; export http_proxy https_proxy; fi
  fi
  for url in "$@"; do
    : > "$mine/release"
    ask --max-filesize 20000000 -w "asked $outcome" -o "$mine/release" "$url"
    if grep -q '^-----BEGIN PGP SIGNED MESSAGE-----' "$mine/release"; then echo "signed $(sed -n 's/^Valid-Until: //p' "$mine/release")"; else echo other; fi
  done
}

# time_servers NAME...: whether each says what time it is, in how many milliseconds, and how many seconds this host is off
time_servers() {
  for server in "$@"; do
    perl -MIO::Socket::INET -MTime::HiRes=time -e '
      my $socket = IO::Socket::INET->new(Proto => "udp", PeerAddr => $ARGV[0], PeerPort => 123) or exit 1;
      my $asked = time; $socket->send("\x23" . "\0" x 47);
      vec(my $ready = "", fileno($socket), 1) = 1;
      select($ready, undef, undef, 2) > 0 or exit 1;
      $socket->recv(my $answer, 64) // exit 1; my $came = time;
      length($answer) >= 48 or exit 1;
      my ($stratum, $got, $got2, $sent, $sent2) = (unpack("C4 N11", $answer))[1, 11, 12, 13, 14];
      $stratum > 0 && $stratum < 16 or exit 1;
      my $there = ($got + $sent) / 2 - 2208988800 + ($got2 + $sent2) / 2 / 4294967296;
      printf "time %s %d %.3f\n", $ARGV[0], ($came - $asked) * 1000, ($asked + $came) / 2 - $there' "$server" || echo "time $server none"
  done
}
# own_time: whether something keeps this host's clock right
own_time() { echo "synchronized $(timedatectl show -p NTPSynchronized --value)"; }

# candidate PACKAGE: what the distribution would install
candidate() { echo "candidate $(apt-cache policy "$1" | sed -n 's/^ *Candidate: *//p')"; }

accept='Accept: application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
# For curl's configuration: what every request of a batch begins with, but the first of them with no `next` before it.
options() {
  [ "$1" -eq 1 ] || echo next
  printf '%s\n' silent location fail-early 'proto = "=https"' 'connect-timeout = 5' "max-time = $time"
  [ -z "$authority" ] || printf '%s\n' "cacert = \"$authority\"" 'capath = "/etc/ssl/certs"'
}
# manifests IMAGE...: asks for the manifest of each, with the token of its number where there is one; leaves the headers
manifests() {
  number=0 time=$(left)
  for image in "$@"; do
    number=$((number + 1))
    options $number
    printf '%s\n' head "output = \"$mine/head$number\"" "header = \"$accept\"" "write-out = \"image $image $outcome\"" \
      "url = \"https://$registry/v2/${image%:*}/manifests/${image##*:}\""
    authorization "$(token_in "$mine/token$number")"
  done | curl -K - 2>/dev/null
}
# token_in FILE: the token of a registry's answer
token_in() { sed -n 's/.*"\(access_\)\{0,1\}token" *: *"\([A-Za-z0-9._~+\/=-]*\)".*/\2/p' "$1" 2>/dev/null; }
# authorization [TOKEN]: for curl's configuration; on its standard input, where no other user of this host can read it
authorization() {
  if [ -n "${1:-}" ]; then echo "header = \"Authorization: Bearer $1\""
  elif [ -n "${login:-}" ]; then echo "header = \"Authorization: Basic $login\""; fi
}
# tokens REALM SERVICE IMAGE...: a token for each, as anyone may have it
tokens() {
  realm=$1 service=$2 number=0 time=$(left); shift 2
  for image in "$@"; do
    number=$((number + 1))
    options $number
    printf '%s\n' get "url = \"$realm\"" "data-urlencode = \"service=$service\"" \
      "data-urlencode = \"scope=repository:${image%:*}:pull\"" "output = \"$mine/token$number\""
    authorization
  done | curl -K - 2>/dev/null
}
# own_images REGISTRY FILES IMAGE...: the same with the login of the operator
own_images() { login=$own_login; images "$@"; }
# images REGISTRY FILES IMAGE...: whether each manifest is there. VERSION in a name is the newest that the files will hold.
images() {
  registry=$1 wait=$2; shift 2
  mine=$(mktemp -d "$dir/XXXXXX")
  if [ "$wait" != - ]; then
    while :; do
      open=
      for list in $wait; do if [ ! -e "$dir/$list" ]; then open=yes; fi; done
      version=$(cd "$dir" && for list in $wait; do if [ -e "$list" ]; then cat "$list"; fi; done | sort -V | tail -n 1)
      if [ -n "$version" ] || [ -z "$open" ]; then break; fi
      sleep 0.1
    done
    [ -n "$version" ] || echo 'no version' # then only those that have a version of their own are asked for
    for image in "$@"; do
      shift
      case $image in
        *:VERSION) if [ -n "$version" ]; then set -- "$@" "${image%VERSION}$version"; fi ;;
        *) set -- "$@" "$image" ;;
      esac
    done
  fi
  manifests "$@" > "$mine/first"
  challenge=$(cat "$mine"/head* | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *[Bb]earer *//p' | tr -d '\r' | head -n 1)
  if [ -z "$challenge" ]; then cat "$mine/first"; deeper_images "$@"; return; fi
  part() { printf '%s\n' "$challenge" | sed -n "s/.*$1=\"\([^\"]*\)\".*/\1/p"; }
  sed -n '1s/^image [^ ]*/asked/p' "$mine/first" # how long the first answer took
  tokens "$(part realm)" "$(part service)" "$@"
  manifests "$@"
  deeper_images "$@"
}
# The digests, and a layer of the first image.
deeper_images() {
  if [ -z "${deep:-}" ]; then return 0; fi
  number=0
  for image in "$@"; do
    number=$((number + 1))
    sed -n "s,^[Dd]ocker-[Cc]ontent-[Dd]igest: *\(sha256:[0-9a-f]*\).*,digest $image \1,p" "$mine/head$number" 2>/dev/null | tail -n 1
  done
  token=$(token_in "$mine/token1")
  digest=${1##*:}
  for _ in 1 2; do
    authorization "$token" | ask -K - -H "$accept" "https://$registry/v2/${1%:*}/manifests/$digest" > "$mine/manifest"
    digest=$(grep -o 'sha256:[0-9a-f]*' "$mine/manifest" | head -n 1)
    if grep -q '"layers"' "$mine/manifest"; then break; fi
  done
  layer=$(grep -o 'sha256:[0-9a-f]*' "$mine/manifest" | tail -n 1)
  if [ -n "$layer" ]; then echo "$name https://$registry/v2/${1%:*}/blobs/$layer ${token:-${login:+own}}" >> "$dir/samples"; fi
}
# samples: one after the other, since they share the line; two seconds and 4 MiB each at the most
samples() {
  if [ ! -e "$dir/samples" ]; then return 0; fi
  end=$(($(date +%s) + 40))
  protocols='=https,http'
  while read -r name url token; do
    login=
    if [ "$token" = own ]; then token='' login=$own_login; fi
    authorization "$token" | ask -K - -r 0-4194303 -m 2 -o /dev/null -w "$name %{http_code} %{size_download} %{time_starttransfer} %{time_total}\n" "$url" |
      awk '$2 == 200 || $2 == 206 { printf "@@ sample %s %d %.3f\n", $1, $3, $5 - $4 }'
  done < "$dir/samples"
}

jobs=0
# start NAME COMMAND...: in the background; its output is kept until it has ended and is whole
start() {
  jobs=$((jobs + 1))
  { name=$1; echo "@@ $name"; shift; if [ -n "$proxy" ]; then echo "proxy $proxy"; fi; "$@"; echo '@@ done'; } > "$dir/$jobs.running" 2>/dev/null && mv "$dir/$jobs.running" "$dir/$jobs.done" &
  pids="$pids $!"
}
# finish: shows every job's output when it is there
finish() {
  shown=0
  while [ $shown -lt $jobs ] && [ "$(date +%s)" -le $((end + 1)) ]; do
    for output in "$dir"/*.done; do
      [ -e "$output" ] || continue
      cat "$output"
      rm "$output"
      shown=$((shown + 1))
    done
    [ $shown -eq $jobs ] || sleep 0.1
  done
  for output in "$dir"/*.running; do
    if [ -e "$output" ]; then cat "$output"; echo '@@ done'; fi
  done
}
