# SPDX-License-Identifier: MIT
# nix run .# -- doctor; nix flake check starts a machine and measures in it.
{
  description = "Benchmark of mesh VPNs";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      lib = nixpkgs.lib;
      each = make: lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: make nixpkgs.legacyPackages.${system});

      # What runs on hosts besides our own programs; a VPN that is on PATH is found, too.
      tools = pkgs: with pkgs; [ iproute2 ethtool procps iputils iperf3 coreutils curl hyperfine nginx openssl ];
      vpns = pkgs: with pkgs; [ wireguard-tools wireguard-go nebula tinc yggdrasil openvpn ];

      package = pkgs: pkgs.stdenv.mkDerivation {
        pname = "meshbench";
        version = lib.head (builtins.match ".*version: '([0-9.]+)'.*" (builtins.readFile ./meson.build));
        src = self;
        strictDeps = true;
        nativeBuildInputs = with pkgs; [ meson ninja pkg-config scdoc makeWrapper ];
        buildInputs = with pkgs; [ jansson libcyaml libyaml gnutls ngtcp2-gnutls ];
        # Without the npm packages of web/ the page has still pictures, but none that are drawn by a script.
        mesonFlags = [ "-Dtests=false" "-Dweb=disabled" ];
        postInstall = ''
          wrapProgram $out/bin/meshbench --suffix PATH : ${lib.makeBinPath (tools pkgs ++ vpns pkgs)}
        '';
        meta = {
          description = "Benchmark of mesh VPNs";
          license = lib.licenses.mit;
          platforms = lib.platforms.linux;
          mainProgram = "meshbench";
        };
      };
    in
    {
      packages = each (pkgs: rec {
        meshbench = package pkgs;
        default = meshbench;
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ (package pkgs) ];
          packages = tools pkgs ++ vpns pkgs;
        };
      });

      # A machine that `meshbench run --on hosts.yml` measures on: programs on the PATH of SSH, and TUN devices.
      nixosModules.machine = { config, lib, pkgs, ... }:
        let
          own = config.services.meshbench-machine;
        in
        {
          options.services.meshbench-machine = {
            enable = lib.mkEnableOption "what meshbench needs on a machine that it measures on";
            packages = lib.mkOption {
              type = lib.types.listOf lib.types.package;
              default = vpns pkgs;
              defaultText = lib.literalExpression "VPNs that nixpkgs has";
              description = "VPNs to measure.";
            };
            keys = lib.mkOption {
              type = lib.types.listOf lib.types.str;
              default = [ ];
              description = "Public keys of those who may measure, as root.";
            };
          };
          config = lib.mkIf own.enable {
            environment.systemPackages = tools pkgs ++ own.packages;
            boot.kernelModules = [ "tun" "veth" "wireguard" ];
            services.openssh.enable = true;
            users.users.root.openssh.authorizedKeys.keys = own.keys;
            # Helpers that a Debian machine brings are linked against a loader that NixOS has not.
            programs.nix-ld.enable = true;
          };
        };

      checks = each (pkgs: {
        package = package pkgs;
        measures = pkgs.testers.runNixOSTest {
          name = "meshbench";
          nodes.machine = {
            imports = [ self.nixosModules.machine ];
            services.meshbench-machine.enable = true;
            environment.systemPackages = [ (package pkgs) ];
            users.users.reader = { isNormalUser = true; };
          };
          testScript = ''
            machine.wait_for_unit("multi-user.target")
            machine.succeed("su - reader -c 'meshbench run --vpn none,tinc --workload ping --ping-count 5 --ping-runs 1 --out tree'")
            machine.succeed("su - reader -c 'meshbench report tree --json' | grep -q latency_baseline")
          '';
        };
      });
    };
}
