// The few words that scripts show, put into the page by the server in the reader's language.
export const words = () => {
  const meta = document.querySelector('meta[name="entente-texts"]');
  return meta ? JSON.parse(meta.content) : {};
};
