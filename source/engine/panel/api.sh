# What the API server and etcd of this control plane say: a report every 4 s until the line goes, at most 150 of them. Reads only, as
# the administrator of admin.conf and as the client that kubeadm made for etcd's health. Answers each have a line
# `@@ NAME CODE ASKED ANSWERED PROBLEM` after them (times in seconds). A report is sections: `@@ now` with those that are always others
# (ready, etcd), and `@@ lists` with the rest as base64 (of gzip, where that is there), where it is not what it was in the report
# before. It ends with `@@ end`.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH
etc=/etc/kubernetes
# data NAME: a certificate or a key out of admin.conf. It stays in this shell and in pipes to curl.
data() { sed -n "s/^ *$1: *//p" $etc/admin.conf | base64 -d; }

# ask NAME URL CA CERTIFICATE KEY TIMES: one question, in the words of curl's configuration
ask() {
  printf 'url = "%s"\ncacert = "%s"\ncert = "%s"\nkey = "%s"\n' "$2" "$3" "$4" "$5"
  printf 'silent\nmax-time = 4\nnoproxy = "*"\nresolve = "kubernetes:%s:127.0.0.1"\n' "$port"
  printf 'write-out = "\\n@@ %s %%{http_code} %s %%{errormsg}\\n"\n' "$1" "$6"
}
api() { ask "$1" "https://kubernetes:$port$2" $etc/pki/ca.crt /dev/fd/3 /dev/fd/4 "${3-0 0}"; }
etcd() {
  client=$etc/pki/etcd/healthcheck-client
  ask "$1" "https://127.0.0.1:2379$2" $etc/pki/etcd/ca.crt $client.crt $client.key '0 0'
  printf 'data = "%s"\n' "$3"
}

questions_of_api() {
  api ready /readyz '%{time_pretransfer} %{time_starttransfer}'
  echo next; api version /version
  # From the API server's memory: no question to etcd.
  echo next; api nodes '/api/v1/nodes?resourceVersion=0'
  echo next; api pods '/api/v1/pods?resourceVersion=0'
  echo next; api warnings '/api/v1/events?fieldSelector=type%3DWarning&limit=250'
  echo next; api happenings '/api/v1/events?fieldSelector=involvedObject.kind%3DNode%2Ctype%3DNormal&limit=250'
}
questions_of_etcd() {
  etcd etcd /v3/maintenance/status '{}'
  echo next; etcd members /v3/cluster/member/list '{\"linearizable\":false}'
}

# answers: to all questions, over one connection each; a server that does not answer one is not asked the next
answers() {
  if [ -e $etc/pki/etcd/healthcheck-client.crt ]; then echo '@@ first'; questions_of_etcd | curl --fail-early --config -; fi
  echo '@@ first'
  questions_of_api | curl --fail-early --config - 3<<CERTIFICATE 4<<KEY
$certificate
CERTIFICATE
$key
KEY
}

# slim: answers without what nobody looks at here: lists and objects, which are most of an answer, and what makes equal things differ
# or is long and random. What follows a line `@@ first` is always another: it is said on stderr.
slim() {
  awk '$0 == "@@ first" { first = 1; next }
    first { print > "/dev/stderr"; if (/^@@ /) first = 0; next }
    skipping { if (substr($0, 1, margin + 1) != last) next
      print head bracket substr($0, margin + 1); skipping = 0; next }
    /^ *"(managedFields|images|volumes|volumeMounts|env|tolerations|command|args|ports|[a-zA-Z]*IPs|podCIDRs|runtimeHandlers|declaredFeatures)": \[$/ ||
    /^ *"(annotations|capacity|allocatable|resources|allocatedResources|securityContext|affinity|user|[a-z]+Probe|daemonEndpoints)": \{$/ {
      match($0, /^ */); margin = RLENGTH; head = substr($0, 1, length($0) - 1); bracket = substr($0, length($0))
      last = substr($0, 1, margin) (bracket == "[" ? "]" : "}"); skipping = 1; next }
    /^ *"(resourceVersion|lastHeartbeatTime|lastProbeTime|uid|containerID|imageID)": "/ { sub(/": ".*"/, "\": \"\"") }
    { print }'
}

reports() {
  certificate=$(data client-certificate-data) key=$(data client-key-data) before=none n=0
  while [ $n -lt 150 ]; do
    port=$(sed -n 's/^ *- --secure-port=//p' $etc/manifests/kube-apiserver.yaml)
    port=${port:-6443}
    echo '@@ now'
    { lists=$(answers | slim 2>&5); } 5>&1
    if [ "$lists" != "$before" ]; then
      before=$lists
      echo '@@ lists'
      printf '%s\n' "$lists" | if command -v gzip >/dev/null; then gzip -1; else cat; fi | base64
    fi
    # How many reports, and what the shell and its programs took for them.
    if [ $((n % 15)) = 0 ]; then echo '@@ cost'; echo $n; times; fi
    echo '@@ end'
    n=$((n + 1))
    sleep 4
  done
}
if ! command -v curl >/dev/null; then echo 'curl is not installed' >&2; exit 127; fi
if [ ! -r $etc/admin.conf ]; then echo "there is no $etc/admin.conf" >&2; exit 1; fi
reports 2>/dev/null </dev/null
exit 0
