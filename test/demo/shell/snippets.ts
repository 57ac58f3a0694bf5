/** Scripts that the demo's shell and dash have to run alike. They start in an empty folder, with the lines `in1` and `in2` to read. */
export const snippets: Record<string, string> = {
  fn: `f() { echo "got $1 $#"; return 3; }; f a b; echo rc=$?`,
  seSub: `( set -e; false; echo bad ); echo rc=$?`,
  seSubIf: `if ( set -e; false; echo bad ); then echo then; else echo else; fi`,
  seFnOr: `f() { set -e; false; echo bad; }; f || echo or`,
  seFn2: `set -e; f() { false || true; [ 1 = 2 ] && echo x; echo on; }; f; echo end; g() { [ 1 = 2 ] && echo x; }; g; echo no`,
  sePipe: `set -e; false | true; echo a; true | false; echo b`,
  seNot: `set -e; ! true; echo a; x=$(false) || echo b; y=$(false); echo c`,
  seSubshell: `set -e; (exit 3); echo no`,
  seWhile: `set -e; while false; do :; done; until true; do :; done; for i in 1; do false; done; echo no`,
  heredoc: `cat <<EOF\nx $((1+2)) \${HOME} \\$q "quoted" \`echo bt\`\nEOF\ncat <<'EOF'\n  y $HOME\nEOF\ncat <<-EOF\n\ttab\n\tEOF\n`,
  heredocIn: `if true; then\n  cat > a <<'EOF'\nkey:\n  sub: 1\nEOF\nfi; cat a; f() {\ncat <<X\n1 $1\nX\n}; f z; x=$(cat <<Y\nin y\nY\n); echo "$x"; cat <<A; cat <<B\na\nA\nb\nB\n`,
  heredocPipe: `cat <<EOF | sed s/a/b/ && echo after\naaa\nEOF\necho end`,
  trap: `trap 'echo bye $?' EXIT; echo hi; exit 4`,
  trapSub: `( trap 'echo subbye' EXIT; echo in; exit 2 ); echo rc=$?`,
  trapTerm: `trap 'echo term' TERM; kill -TERM $$; echo after`,
  trapInt: `trap 'echo caught; exit 7' INT TERM; (sleep 0.05; kill -TERM $$) & while :; do sleep 0.02; done`,
  trapExitIn: `f() { trap 'echo x' EXIT; }; f; echo end`,
  trapReset: `trap 'echo no' EXIT; trap - EXIT; trap '' TERM; kill -TERM $$; echo alive`,
  local: `f() { local a=1 b; b=2; echo $a$b; g; }; g() { echo g$a; }; a=x; f; echo $a`,
  bracket: `[ "$(echo 2)" -le 3 ] && [ ! -e /nope ] && [ -z "" ] && [ a = a ] && [ -d /tmp ]; echo $?; test -n x -a 1 = 1; echo $?; [ a -eq 1 ]; echo $?; [ ]; echo $?; [ -n ]; echo $?; [ ! x ]; echo $?; [ \\( a = b \\) -o c = c ]; echo $?`,
  params: `x=foo.bar.baz; echo \${x#*.} \${x##*.} \${x%.*} \${x%%.*} \${#x} \${y:-d} \${y:=z} \${y:+s} \${nope+q}; set -- a b c; echo "$*" "$@" $# \${1#a} \${10:-ten}; shift; echo $1`,
  params2: `x='a b  c'; set -- $x; echo $#; set -- "$x"; echo $#; IFS=:; y=1:2::3; set -- $y; echo $#; for i in "$@"; do echo "<$i>"; done; unset IFS; set --; for i in "$@"; do echo no; done; echo "[$*]" "\${@:-none}"`,
  params3: `u=; echo "\${u-a}\${u:-b}\${v-c}" "\${v:-"q r"}" '\${v}' "\${v:-'s'}"; x=*; echo "$x" '*'; p='a*'; case abc in $p) echo m;; esac; case 'a*' in "$p") echo lit;; esac; f=/a/b.tar.gz; echo "\${f##*/}" "\${f%.*}" "\${f%%.*}" "\${f#"/a"}"`,
  qerr: `echo "\${x:?must be set}"; echo no`,
  whileRead: `printf 'a b\\nc d e\\n' | while read -r p q; do echo "$q-$p"; done; while IFS= read -r l; do echo "[$l]"; done <<EOF\n 1\n2\nEOF\n`,
  truncate: `printf 'a\\nbc' > w; truncate -s -2 w; cat w; tail -c 1 w | wc -l; truncate -s -9 w; [ -s w ] || echo empty; truncate -s -0 w; echo $?`,
  whileReadFile: `printf 'a:b\\nc:d' > w; n=0; while IFS=: read -r p q || [ -n "$p" ]; do n=$((n+1)); echo $p $q; done < w; echo $n`,
  readStdin: `read a; echo "a=$a"; cat; read b; echo $?`,
  readSplit: `echo ' a  b c ' | { read x y; echo "[$x][$y]"; }; echo 'a:b:c:' | { IFS=: read x y; echo "[$x][$y]"; }; echo 'a\\tb' | { read -r x; echo "$x" | wc -c; }`,
  bg: `sleep 0.05 & p=$!; wait $p; echo rc=$?; ( exit 3 ) & wait $!; echo rc=$?; { echo bg; } & wait; echo done`,
  bgorder: `(sleep 0.05; echo late) & echo early; wait`,
  killbg: `sleep 5 & kill $!; wait $! 2>/dev/null; echo $?; kill -0 $! 2>/dev/null; echo $?`,
  fd: `exec 3>&1; echo to3 >&3; { echo out; echo err >&2; } 2>&1 | cat; exec 3>&-; { echo gone >&3; } 2>/dev/null || echo closed`,
  fd31: `exec 3>&1; x=$(echo live >&3; echo cap); echo "x=$x"`,
  fdswap: `{ echo o; echo e >&2; } 3>&1 1>&2 2>&3 3>&- | sed s/^/p:/`,
  execFile: `exec 4>&1 >ex 2>&1; echo hidden; echo e >&2; exec >&4; cat ex`,
  redirs: `{ echo a; echo b >&2; } >g 2>&1; cat g; echo c >>g; wc -l < g; >empty; [ -s empty ] || echo empty; cat < nope; echo $?; echo x > no/dir; echo $?; : > /tmp; echo $?`,
  redirFn: `f() { echo a; echo b >&2; } 2>fr; f; cat fr; if true; then echo i; fi >fi; cat fi; for i in 1 2; do echo $i; done >ff; cat ff; while read l; do echo "r$l"; done <ff`,
  caseGlob: `case foo-1 in *.x) echo no;; foo*|bar) echo yes;; *) echo def;; esac; case a in (a) echo paren ;; esac; case x in y) ;; esac; echo $?; case '[' in '[') echo br;; esac; case b in [!a-c]) echo no;; [a-c]) echo in;; esac`,
  loops: `for i in 1 2 "3 4"; do [ "$i" = 2 ] && continue; echo $i; done; while :; do while :; do break 2; done; done; f() { for i in 1 2; do while :; do return 5; done; done; }; f; echo $?; i=0; until [ $i -ge 3 ]; do i=$((i+1)); done; echo $i`,
  arith: `i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo $i $((0x10)) $((7/2)) $((-7/2)) $(( i > 2 ? 1 : 0)) $((1<<4|3)) $(( (1+2)*3 )) $((i+=5)) $i $((010)) $((!0)) $((5%3)) $((~0)) $((2==2&&3!=3)); echo "$((i*2))"`,
  setu: `set -u; echo "\${nope-unset}"; echo $nope; echo after`,
  evalx: `x='echo hi $1'; set -- w; eval "$x"; eval 'f() { echo dyn; }'; f; eval "a=1
b=2"; echo $a$b; eval false; echo $?`,
  dot: `echo 'v=7; g() { echo g$1; }; return 3' > inc; . ./inc; echo $? $v; g 1`,
  umask: `umask 077; umask; echo > um; stat -c %a um; (umask 022; mkdir d; stat -c %a d); umask`,
  mktemp: `t=$(mktemp); [ -f "$t" ] && echo ok; d=$(mktemp -d); [ -d "$d" ] && echo ok; u=$(mktemp -u ./XXXXXXXX); [ -e "$u" ] || echo none; stat -c %a "$t"; case $u in ./????????) echo form;; esac; rm -rf "$t" "$d"`,
  printf: `printf '%s\\n' a b; printf '%-5s|%03d|%x|%5s|%.2s\\n' ab 7 255 q xyz; printf '%b|%%\\n' 'a\\tb'; printf '%s-%s\\n' 1 2 3; printf 'none\\n' ; printf '%d\\n' abc; echo $?; printf '\\101\\n'; printf '%s'; printf '%c\\n' hello; printf '%5.1f|\\n' 3.14159; printf -- '-x\\n'`,
  echo: `echo -n a; echo b; echo 'a\\nb\\tc'; echo 'x\\c'; echo -e x; echo; echo '\\0101'`,
  exitcodes: `nosuchcmd; echo $?; sh -c 'exit 9'; echo $?; (exit 5); echo $?; /etc; echo $?; true & wait; echo $?; exit 300`,
  shforms: `sh <<'EOF'\necho inner $1 $#\nEOF\necho 'echo q $1' | sh -s x; sh -c 'echo $0 $1' n a; echo 'echo file $1' > s; sh s 1; sh -eu -c 'false; echo no'; echo $?; chmod +x s; ./s 2 2>/dev/null || echo nos; printf '#!/bin/sh\\necho script $0 $1\\n' > t; chmod +x t; ./t 3`,
  exports: `readonly R=1; export E=2; F=3; sh -c 'echo $E$F$R'; env | grep ^E=; unset E; echo "\${E:-gone}"; a=1 b=2 sh -c 'echo $a$b'; echo "[$a]"; f() { echo "$v"; }; v=1 f; echo "[$v]"`,
  subst:
    'x=`echo bt`; echo $x; echo "$(printf "a\\nb\\n\\n")"; echo $(echo "a   b"); echo "$(echo "a   b")"; echo `echo \\`echo in\\``; y=$(exit 4); echo $?; z="$(echo "$(echo "deep")")"; echo $z; echo $( ( echo sub ) )',
  nested: `f() { ( g ); }; g() { echo in-g; exit 7; }; f; echo $?`,
  getopts: `set -- -a x -bc y; while getopts a:bc o; do echo $o $OPTARG $OPTIND; done; shift $((OPTIND-1)); echo $1`,
  cmdv: `command -v nosuch; echo $?; command -v f; f() { :; }; command -v f; command -v echo; command echo hi; command -v : && echo colon`,
  execRep: `exec sh -c 'echo replaced; exit 6'; echo notreached`,
  glob: `mkdir g; touch g/a.txt g/b.txt g/.h; echo g/*.txt; echo g/*; echo g/*.none; for f in g/?.txt; do echo "$f"; done; set -f; echo g/*; set +f; cd g; echo *; echo [ab].txt; x='*'; echo $x "$x"`,
  quoting: `echo one \\
 two; echo "a\\$b" 'c'"d" \\"e\\" "it's" 'say "hi"' a\\ b "x\\y" "\\\\" ; echo "tab	x"; echo a#b # comment
echo "multi
line"`,
  tilde: `echo ~ ~/x "~"; x=~/y; echo $x`,
  andor: `true && echo a || echo b; false && echo a || echo b; false || false || echo c; ! false && echo d; true && false; echo $?`,
  bangpipe: `! echo x | grep -q y; echo $?; if ! [ -e /nope ]; then echo n; fi`,
  sigpipe: `yes | head -n 2; echo $?`,
  pipevar: `x=1; echo 5 | read x; echo $x; echo a | { cat; echo b; } | cat`,
  subshellcd: `cd /tmp; (cd /; pwd); pwd; cd - >/dev/null; x=$(cd / && pwd); echo $x; cd /nope; echo $?`,
  noclob: `set -C; echo a > cl; ( echo b > cl ) 2>/dev/null && echo over || echo refused; echo c >| cl; cat cl`,
  funcredef: `a() { echo 1; }; a; a() { echo 2; }; a; unset -f a; a 2>/dev/null; echo $?`,
  semis: `if true; then :; fi; { :; }; ( : ); while false; do :; done; case x in x) :;; esac; echo ok;`,
  comment: `# first
echo a # x
  # indented
echo b#c '#d'
`,
  longif: `if false
then echo 1
elif [ 1 -gt 2 ]
then echo 2
else
  echo 3
fi
`,
  argsSpecial: `f() { echo "$#:$*:$@"; for a; do echo "<$a>"; done; }; f "a b" '' c; set -- x y; echo "$*"; IFS=-; echo "$*" $*; echo "\${*}"`,
  exitTrapStatus: `trap 'rc=$?; rm -f x; exit $rc' EXIT; false; exit`,
  kvsplit: `line='key=val=ue'; k=\${line%%=*}; v=\${line#*=}; echo "$k $v"; IFS== read -r a b <<E
$line
E
echo "$a|$b"`,
  xargs: `printf 'a b\\nc\\n' | xargs -n1 echo q; printf '' | xargs -r echo no; printf 'x\\ny\\n' | xargs -I{} echo "<{}>"; seq 3 | xargs`,
  syntax: `echo a; if then; echo b`,
  syntax2: `eval 'echo "unterminated'; echo $?`,
  cpmode: `echo x > a; chmod 640 a; cp -a -- a b; stat -c %a b; cp -p a c; stat -c %a c; ln -s a l; cp -a l m; [ -L m ] && echo link; readlink m; mkdir d; cp a d; ls d; mv -f b d; ls d; rm -rf d; [ -e d ] || echo gone; chmod --reference=a c; cmp -s a c && echo same; cmp -s a nope; echo $?; echo x | cmp -s - a && echo eq; install -m 600 a i; stat -c %a i; install -d -m 700 dd/ee; stat -c %a dd/ee; touch -d @100 i; stat -c %Y i; mkdir -p -m 750 q/r; stat -c %a q/r; mkdir a 2>/dev/null || echo exists; cp nope z 2>/dev/null || echo nocp; cp -r dd d3 && ls d3`,
  tools: `printf 'b 2\\na 1\\n' | sort | head -n 1; printf 'x:y\\n' | cut -d: -f2; printf 'aB' | tr a-z A-Z; echo; seq 1 3 | tail -n 2; printf 'ab' | od -An -tx1; echo hi | sha256sum; echo hi | base64; basename /a/b.c .c; dirname /a/b; printf 'a\\nb\\n' | grep -n b; printf 'a\\n' | grep -qxF -- a; echo $?; grep -s x nope; echo $?; grep -qs x nope; echo $?; printf 'k v\\n' | awk '{print $2}'; printf 'a/b\\n' | sed -n 's@^\\([a-z]\\)/@\\1-@p'; expr 1 + 2; printf '1.10\\n1.9\\n' | sort -V; printf '%s\\n' c a | sort -u; printf 'abc' | wc -c | tr -d ' '; printf 'a\\n\\nb\\n' | grep -c .`,
  sedblock: `printf 'l1\\n# BEGIN k\\nx\\n# END k\\nl2\\n' > h; b='# BEGIN k'; e='# END k'; sed "/^$b\\$/,/^$e\\$/d" h; [ "$(sed -n "/^$b\\$/,/^$e\\$/p" h)" = "$(echo "$b"; echo x; echo "$e")" ] && echo same; printf '/swap none swap sw 0 0\\n#c\\n' > fs; sed -i -E 's@^([^#].*[[:space:]]swap[[:space:]].*)$@#k8s \\1@' fs; cat fs`,
  awkStdin: `echo q > f; printf 'é\nb\n' | awk '{ print FILENAME, $0 }' /dev/stdin f`,
  find: `mkdir -p d/e; touch d/a_Packages d/e/b; find d -maxdepth 1 -name '*_Packages*' ! -name '*k8s*' -mtime -1; find d -type f | sort; find d -name b -exec echo got {} \\;; find d -mindepth 1 -maxdepth 1 -type d; find nope 2>/dev/null; echo $?`,
  waitmany: `for i in 1 2 3; do (exit $i) & pids="$pids $!"; done; for p in $pids; do wait $p; echo $?; done`,
  timeout: `timeout 2 echo ok; timeout 5 sh -c 'exit 3'; echo $?`,
  longpipe: `seq 1 2000 | grep 7 | wc -l | tr -d ' '`,
  stdinLoop: `printf 'a\\nb\\n' > l; while read x; do grep -c . l; cat </dev/null; echo $x; done < l`,
  bytes: `printf '\\303\\251' | wc -c | tr -d ' '; x=$(printf '\\303\\251'); echo "$x" | od -An -tx1; echo é > u; wc -c < u | tr -d ' '; sed 's/x/é/' u; awk '{print $1 "é"}' u; grep é u`,
  envi: `env -i A=1 sh -c 'echo $A$B'; B=2; export B; env -u B sh -c 'echo "[$B]"'; x=1 env | grep ^x=`,
  dashedOps: `test 1 = 1 || echo no; [ "a" != "b" ] && [ 3 -ne 4 ] && echo ok; [ -n "" ] || echo empty; [ x"" = x ] && echo x`,
  argv0: `sh -c 'echo "$0"'; f() { echo "$0" | wc -l | tr -d ' '; }; f`,
  unsetexit: `(set -u; : $unset) 2>/dev/null; echo $?; set -u; f() { echo "$1"; }; (f) 2>/dev/null; echo $?; echo "$@" $#`,
  kill9: `exec 2>/dev/null; sh -c 'kill -9 $$' 2>/dev/null; echo $?; sh -c 'kill -TERM $$'; echo $?`,
  traps2: `trap 'echo e1' EXIT; (echo sub); sh -c 'trap "echo inner" EXIT; true'; echo last`,
  readTwo: `{ read a; read b; echo "$a+$b"; } <<E
1
2
E
`,
  tee: `echo x | tee t1 t2; cat t1 t2; echo y | tee -a t1 >/dev/null; cat t1`,
  prefix: `A=1; A=2 : ; echo $A; A=3 true; echo $A; IFS=, read x y <<E
1,2
E
echo $x $y`,
};
