# SPDX-License-Identifier: MIT
# flake.nix evaluated without nixpkgs: what it asks of that is made here, so that a name that is not defined, a wrong call and a version that is not
# meson's are found offline. `nix-instantiate --eval --strict tests/flake.nix` says true. What nixpkgs itself has only a build with it can say.
let
  flake = import ../flake.nix;
  named = names: make: builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
  words = text: builtins.filter builtins.isString (builtins.split " +" text);
  lib = {
    genAttrs = named;
    head = builtins.head;
    makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);
    mkEnableOption = text: { inherit text; };
    mkOption = option: option;
    mkIf = condition: config: if condition then config else { };
    literalExpression = text: text;
    licenses.mit = "MIT";
    platforms.linux = [ "x86_64-linux" ];
    types = { package = "package"; str = "str"; listOf = of: "list of ${of}"; };
  };
  programs = words "meson ninja pkg-config scdoc makeWrapper jansson libcyaml libyaml gnutls ngtcp2-gnutls iproute2 ethtool procps iputils iperf3 coreutils curl hyperfine nginx openssl wireguard-tools wireguard-go nebula tinc yggdrasil openvpn";
  pkgs = named programs (name: "/store/${name}") // {
    stdenv.mkDerivation = arguments: "/store/${arguments.pname}-${arguments.version}" + builtins.substring 0 0 (builtins.toJSON arguments);
    mkShell = arguments: builtins.toJSON arguments;
    testers.runNixOSTest = test: test;
  };
  outputs = flake.outputs {
    self = outputs // { outPath = "/source"; };
    nixpkgs = { inherit lib; legacyPackages = named [ "x86_64-linux" "aarch64-linux" ] (_: pkgs); };
  };
  machine = outputs.nixosModules.machine {
    inherit lib pkgs;
    config.services.meshbench-machine = { enable = true; packages = [ pkgs.tinc ]; keys = [ "ssh-ed25519 key" ]; };
  };
  check = outputs.checks.x86_64-linux.measures;
  version = builtins.head (builtins.match ".*version: '([0-9.]+)'.*" (builtins.readFile ../meson.build));
in
outputs.packages.x86_64-linux.default == "/store/meshbench-${version}"
&& outputs.packages.aarch64-linux.meshbench == outputs.checks.aarch64-linux.package
&& builtins.stringLength outputs.devShells.x86_64-linux.default > 0
&& builtins.elem pkgs.tinc machine.config.environment.systemPackages
&& builtins.elem pkgs.iperf3 machine.config.environment.systemPackages
&& machine.config.users.users.root.openssh.authorizedKeys.keys == [ "ssh-ed25519 key" ]
&& builtins.isFunction (builtins.head check.nodes.machine.imports)
&& builtins.match ".*meshbench run --vpn none,tinc.*" check.testScript != null
