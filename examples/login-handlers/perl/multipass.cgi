#!/usr/bin/perl
# Multipass login handler, a CGI script. Perl 5.14 or newer with CryptX.
#
#   apt-get install libcryptx-perl      (or: cpan CryptX)
use strict;
use warnings;
use utf8;
use Crypt::Mode::CBC;
use Crypt::PRNG qw(random_bytes);
use Digest::SHA qw(sha1 hmac_sha1);
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use POSIX qw(strftime);

# The three lines to change, here or in the environment.
my $site_key = $ENV{MULTIPASS_SITE_KEY} // '';    # the usersource's siteKey: lower case, no domain
my $api_key  = $ENV{MULTIPASS_API_KEY}  // '';    # the usersource's apiKey: keep it out of the repository
my $callback = $ENV{MULTIPASS_CALLBACK} // '';    # https://<your broker>/customer/authentication/multipass/callback

# Replace this by the way your own site knows who is signed in.
sub signed_in_user {
    return undef;    # { uid => ..., email => ..., name => ... }
}

sub multipass_url {
    my ($user) = @_;
    my $json = JSON::PP->new->utf8->encode({
        uid            => "$user->{uid}",    # never changes, never given to somebody else
        customer_email => $user->{email},
        customer_name  => $user->{name},
        expires        => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 300)),
        # customer_custom_department => $user->{department},
        # to => 'https://help.example.com/orders',
    });
    my $key       = substr(sha1($api_key . $site_key), 0, 16);
    my $iv        = random_bytes(16);
    my $encrypted = Crypt::Mode::CBC->new('AES')->encrypt($json, $key, $iv);
    # The empty second argument keeps line breaks out of the address.
    my $multipass = encode_base64($iv . $encrypted, '');
    my $signature = encode_base64(hmac_sha1($multipass, $api_key), '');
    return "$callback?multipass=" . escape($multipass) . '&signature=' . escape($signature);
}

sub escape {
    my ($text) = @_;
    $text =~ s/([^A-Za-z0-9_.~-])/sprintf('%%%02X', ord $1)/ge;
    return $text;
}

unless (caller) {
    die "Multipass is not configured.\n" unless $site_key && $api_key && $callback;
    my $user = signed_in_user();
    my $location = $user ? multipass_url($user) : '/login?then=' . escape('/multipass');
    print "Status: 302 Found\r\nLocation: $location\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\r\n";
}
1;
