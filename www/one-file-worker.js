// Ends the script of a worker in one file: waits for the compiled wasm from the page, and asks the page
// for the files that the engine would fetch.
onmessage = ({ data: module, ports: [page] }) => {
  onmessage = null;
  const folder = location.href.lastIndexOf("/") + 1;
  self.fetch = (address) =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(new Response(data, { status: data ? 200 : 404 }));
      page.postMessage(address.slice(folder), [port2]);
    });
  // An error of a promise alone would not reach the page.
  wasm_bindgen({ module_or_path: module }).catch((error) =>
    setTimeout(() => {
      throw error;
    }),
  );
};
