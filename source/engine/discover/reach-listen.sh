# Listens for a few seconds on ports that nobody uses, so that the other hosts can see whether they get through.
# Asks for: $seconds, $word by which this run is known, $address, $ports as 6443/tcp. Writes no file; the alarm ends it.
# shellcheck disable=SC2086,SC2154 # several words; set by whoever sends this
perl - "$seconds" "$word" "$address" $ports 2>&1 <<'END'
use strict; # k8s-tui-stand-in
use IO::Select;
use IO::Socket::INET;
$| = 1;
my ($seconds, $word, $address, @ports) = @ARGV;
alarm $seconds;
my ($all, %is) = (IO::Select->new);
for my $place (@ports) {
  my ($port, $protocol) = split m{/}, $place;
  my @how = $protocol eq 'tcp' ? (Listen => 128, ReuseAddr => 1) : ();
  my $socket = IO::Socket::INET->new(LocalAddr => $address, LocalPort => $port, Proto => $protocol, @how);
  if ($socket) { $all->add($socket); $is{fileno $socket} = $protocol }
  else { print $!{EADDRINUSE} ? "taken" : "cannot", " $place\n" }
}
print "ready $$\n";
for (;;) {
  for my $socket ($all->can_read) {
    my $kind = $is{fileno $socket} || '';
    if ($kind eq 'tcp') { my $caller = $socket->accept; $all->add($caller) if $caller }
    elsif ($kind eq 'udp') {
      my $from = $socket->recv(my $said, 64);
      $socket->send($said, 0, $from) if defined $from && $said eq $word;
    }
    else { $all->remove($socket); close $socket } # who called hangs up first: no port is left waiting
  }
}
END
