# Tries ports of other hosts. Asks for: $word to send over UDP, $places as 10.0.0.1:6443/tcp. Says a line for each.
# shellcheck disable=SC2086,SC2154 # several words; set by whoever sends this
perl - "$word" $places <<'END'
use strict; # k8s-tui-try
use Errno;
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_ERROR);
use POSIX ();
my ($word, @places) = @ARGV;
# Seconds from some moment on; perl-base has no finer clock.
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
sub now { (POSIX::times())[0] / $ticks }
sub verdict { my $error = shift; $! = $error; !$error ? 'open' : $!{ECONNREFUSED} ? 'refused' : $!{EHOSTUNREACH} || $!{ENETUNREACH} ? 'no-route' : $!{ETIMEDOUT} ? 'dropped' : 'failed' }
while (my @some = splice @places, 0, 400) {
  my ($begin, $sent, %place, %said) = (now(), 0);
  my ($tcp, $udp) = (IO::Select->new, IO::Select->new);
  for my $place (@some) {
    my ($host, $port, $protocol) = $place =~ m{^(.+):(\d+)/(\w+)$};
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => $protocol, Blocking => 0);
    if (!$socket) { $said{$place} = verdict($! + 0); next }
    $place{fileno $socket} = $place;
    ($protocol eq 'tcp' ? $tcp : $udp)->add($socket);
  }
  while (($tcp->count || $udp->count) && now() - $begin < 2.5) {
    if (now() - $begin >= $sent * 0.6) { $sent++; send $_, $word, 0 for $udp->handles }
    my ($read, $write) = IO::Select->select($udp, $tcp, undef, 0.1);
    for my $socket (@{$write || []}) {
      $said{$place{fileno $socket}} = verdict($socket->getsockopt(SOL_SOCKET, SO_ERROR));
      $tcp->remove($socket); close $socket;
    }
    for my $socket (@{$read || []}) {
      my $from = $socket->recv(my $answer, 64);
      my $is = defined $from ? 'open' : verdict($! + 0);
      next if $is eq 'open' && $answer ne $word;
      $said{$place{fileno $socket}} = $is;
      $udp->remove($socket); close $socket;
    }
  }
  print $_, ' ', $said{$_} || 'dropped', "\n" for @some;
}
print "end\n";
END
