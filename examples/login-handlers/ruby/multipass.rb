# frozen_string_literal: true

# Multipass login handler, a Rack application. Ruby 2.4 or newer, nothing to install but Rack.
#
#   config.ru:  require_relative "multipass"
#               run Multipass.new
#
# In Rails: redirect_to Multipass.url(current_user), allow_other_host: true

require "base64"
require "cgi"
require "digest"
require "json"
require "openssl"
require "time"

class Multipass
  # The three lines to change, here or in the environment.
  SITE_KEY = ENV.fetch("MULTIPASS_SITE_KEY") # the usersource's siteKey: lower case, no domain
  API_KEY  = ENV.fetch("MULTIPASS_API_KEY")  # the usersource's apiKey: keep it out of the repository
  CALLBACK = ENV.fetch("MULTIPASS_CALLBACK") # https://<your broker>/customer/authentication/multipass/callback

  # Replace this by the way your own site knows who is signed in.
  def signed_in_user(env)
    env.fetch("rack.session", {})["user"] # { "uid" => …, "email" => …, "name" => … }
  end

  def self.url(user)
    json = JSON.generate(
      "uid" => user["uid"].to_s, # never changes, never given to somebody else
      "customer_email" => user["email"],
      "customer_name" => user["name"],
      "expires" => (Time.now.utc + 300).iso8601
      # "customer_custom_department" => user["department"],
      # "to" => "https://help.example.com/orders"
    )
    cipher = OpenSSL::Cipher.new("aes-128-cbc").encrypt
    cipher.key = Digest::SHA1.digest(API_KEY + SITE_KEY)[0, 16]
    iv = cipher.random_iv
    multipass = Base64.strict_encode64(iv + cipher.update(json) + cipher.final)
    signature = Base64.strict_encode64(OpenSSL::HMAC.digest("SHA1", API_KEY, multipass))
    "#{CALLBACK}?multipass=#{CGI.escape(multipass)}&signature=#{CGI.escape(signature)}"
  end

  def call(env)
    user = signed_in_user(env)
    location = user ? self.class.url(user) : "/login?then=#{CGI.escape("/multipass")}"
    [302, { "location" => location, "cache-control" => "no-store", "referrer-policy" => "no-referrer" }, []]
  end
end
