Creator "by hand"
graph [
  Network "Ring"
  multigraph 1
  node [ id 0 label "Orl&#233;ans" Longitude 1.9 Latitude 47.9 Internal 1 ]
  node [ id 1 label "Tours" Longitude 0.7 Latitude 47.4 ]
  node [ id 2 label "None" ]
  node [ id 3 label "Tours" Longitude 0.6 Latitude 47.5 server [ cpu 8 node [ id 9 ] ] ]
  node [ id 4 label "Alone" ]
  edge [ source 0 target 1 LinkSpeed "10" LinkSpeedUnits "G" LinkSpeedRaw 10000000000.0 LinkLabel "10 Gbps" id "e0" ]
  edge [ source 0 target 1 LinkLabel "OC-48" id "north" ]
  edge [ source 1 target 3 LinkLabel "1-20Gbps" ]
  edge [ source 3 target 2 ]
  edge [ source 2 target 2 LinkLabel "Red" ]
  edge [ source 2 target 77 ]
]
